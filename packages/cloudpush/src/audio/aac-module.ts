import type { AudioTranscoderContext, TranscodedFrame } from '@cloudpush/engine';
import { BlockFramer, type SampleBlock } from './block-framer.js';
import { AacEncoder } from './encoder-host.js';
import { decodeG711, type G711Law } from './g711.js';

/** Bits of AAC for a sample: 32 kbit/s at 8 kHz, where G.711 has 64. */
const BITS_A_SAMPLE = 4;
const MAX_BIT_RATE = 128_000;
/** Samples a second of G.711 when its source does not say (RFC 3551 §4.5.14). */
const USUAL_RATE = 8000;

/** Makes AAC-LC of G.711, of the same sampling frequency and channels, in the worker thread that sends it. */
export async function* transcodeAudio({
  codec,
  sampleRate = USUAL_RATE,
  channels = 1,
  frames,
  signal,
}: AudioTranscoderContext): AsyncGenerator<TranscodedFrame, void, void> {
  const law = lawOf(codec);
  const bitRate = Math.min(MAX_BIT_RATE, sampleRate * channels * BITS_A_SAMPLE);
  const encoder = new AacEncoder({ sampleRate, channels, bitRate });
  const close = (): void => encoder.close();
  signal.addEventListener('abort', close, { once: true });
  const blocks: SampleBlock[] = [];
  const framer = new BlockFramer(sampleRate, channels, (block) => blocks.push(block));
  const dating = new FrameDating();
  try {
    for await (const { data, pts } of frames) {
      framer.add(decodeG711(law, data), pts);
      for (const block of blocks.splice(0)) {
        dating.note(block.pts);
        await encoder.encode(block.samples);
      }
      for (const frame of encoder.take()) yield* dating.date(frame);
    }
    framer.end();
    for (const block of blocks) {
      dating.note(block.pts);
      await encoder.encode(block.samples);
    }
    await encoder.finish();
    for (const frame of encoder.take()) yield* dating.date(frame);
  } finally {
    signal.removeEventListener('abort', close);
    encoder.close();
  }
}

/** Gives each frame the time of the block that a decoder makes of it. */
class FrameDating {
  readonly #times: number[] = [];
  #configuration: Uint8Array | undefined;

  note(pts: number): void {
    this.#times.push(pts);
  }

  *date({ data, configuration }: { data: Uint8Array; configuration: Uint8Array | undefined }) {
    if (configuration !== undefined) {
      this.#configuration = configuration;
      // The first frame decodes to what lies in front of the first block: the encoder's priming.
      return;
    }
    const pts = this.#times.shift();
    if (pts !== undefined && this.#configuration !== undefined)
      yield { data, pts, configuration: this.#configuration };
  }
}

function lawOf(codec: string): G711Law {
  if (codec === 'g711a' || codec === 'g711u') return codec;
  throw new TypeError(`AAC is made of G.711 only, not of ${codec}`);
}
