import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
} from 'mediabunny';
import type { PreviewPicture } from './preview-pictures.js';

const codecs = { h264: 'avc', h265: 'hevc' } as const;
/** Of a fragment, in s: what a viewer is behind. */
const FRAGMENT_DURATION = 0.2;
/** Of the one picture of a still, in s. */
const STILL_DURATION = 1;

/** An MP4 file with one picture. */
export async function stillMovie(picture: PreviewPicture): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target });
  const source = new EncodedVideoPacketSource(codecs[picture.codec]);
  output.addVideoTrack(source);
  await output.start();
  await source.add(new EncodedPacket(picture.data, 'key', 0, STILL_DURATION), metadataOf(picture));
  await output.finalize();
  return new Uint8Array(target.buffer!);
}

/** A fragmented MP4 (ISO/IEC 14496-12 §8.8) that grows with each picture. */
export class LiveMovie {
  readonly #source: EncodedVideoPacketSource;
  readonly #output: Output;
  readonly #first: PreviewPicture;
  #lastWrite: Promise<void>;
  #isFirst = true;

  /**
   * @param first a key frame
   * @param write takes the file, piece by piece
   */
  constructor(first: PreviewPicture, write: (piece: Uint8Array) => void) {
    this.#first = first;
    this.#source = new EncodedVideoPacketSource(codecs[first.codec]);
    const pieces = new WritableStream<StreamTargetChunk>({ write: ({ data }) => write(data) });
    this.#output = new Output({
      format: new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: FRAGMENT_DURATION }),
      target: new StreamTarget(pieces),
    });
    this.#output.addVideoTrack(this.#source);
    this.#lastWrite = this.#output.start();
  }

  /**
   * Adds the next picture in decoding order. Pictures that are shown before the first one cannot be
   * decoded, and are left out.
   */
  async add(picture: PreviewPicture): Promise<void> {
    const time = (picture.pts - this.#first.pts) / 1000;
    if (time < 0) return;
    const packet = new EncodedPacket(picture.data, picture.keyFrame ? 'key' : 'delta', time, 0);
    const metadata = this.#isFirst ? metadataOf(picture) : undefined;
    this.#isFirst = false;
    this.#lastWrite = this.#lastWrite.then(() => this.#source.add(packet, metadata));
    await this.#lastWrite;
  }

  async close(): Promise<void> {
    await this.#output.cancel();
  }
}

function metadataOf({ codecString, width, height }: PreviewPicture) {
  return { decoderConfig: { codec: codecString, codedWidth: width, codedHeight: height } };
}
