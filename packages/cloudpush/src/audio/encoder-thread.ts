// The thread of the encoders. The library starts one more thread for each of them, whose end by a fault would
// end the thread that has started it: here that costs sound only.

import { parentPort } from 'node:worker_threads';
import { registerAacEncoder } from '@mediabunny/aac-encoder';
import { AdtsOutputFormat, AudioSample, AudioSampleSource, NullTarget, Output } from 'mediabunny';
import type { EncoderFormat, EncoderReply, EncoderRequest } from './encoder-messages.js';
import { MessageBatch } from './message-batch.js';

/** One encoder: samples in, frames out, in order. */
class Encoder {
  readonly #id: number;
  readonly #format: EncoderFormat;
  readonly #output: Output;
  readonly #source: AudioSampleSource;
  #samples = 0;
  /** End of the latest request: they are done one after the other. */
  #work: Promise<void>;

  constructor(id: number, format: EncoderFormat) {
    this.#id = id;
    this.#format = format;
    this.#source = new AudioSampleSource({
      codec: 'aac',
      bitrate: format.bitRate,
      onEncodedPacket: (packet, meta) => {
        // The encoder's memory is not to be handed on.
        const data = Uint8Array.from(packet.data);
        const configuration = bytesOf(meta?.decoderConfig?.description);
        replies.add({ type: 'frame', id, data, configuration }, { transferred: data.buffer });
      },
    });
    this.#output = new Output({ format: new AdtsOutputFormat(), target: new NullTarget() });
    this.#output.addAudioTrack(this.#source);
    this.#work = this.#output.start();
  }

  encode(samples: Int16Array<ArrayBuffer>): void {
    this.#then(async () => {
      const { sampleRate, channels } = this.#format;
      const timestamp = this.#samples / sampleRate;
      this.#samples += samples.length / channels;
      const sample = new AudioSample({
        data: samples,
        format: 's16',
        numberOfChannels: channels,
        sampleRate,
        timestamp,
      });
      await this.#source.add(sample);
      sample.close();
      replies.add({ type: 'taken', id: this.#id });
    });
  }

  finish(): void {
    this.#then(async () => {
      await this.#output.finalize();
      replies.add({ type: 'finished', id: this.#id }, { isUrgent: true });
    });
  }

  async close(): Promise<void> {
    if (this.#output.state === 'finalized') return;
    await this.#output.cancel();
  }

  #then(task: () => Promise<void>): void {
    this.#work = this.#work.then(task);
    this.#work.catch(({ message }: Error) =>
      replies.add({ type: 'failed', id: this.#id, message }, { isUrgent: true }),
    );
  }
}

const encoders = new Map<number, Encoder>();

const replies = new MessageBatch<EncoderReply>((messages, transferred) =>
  parentPort!.postMessage(messages, transferred),
);

function bytesOf(description: ArrayBufferView | ArrayBufferLike | undefined): Uint8Array | undefined {
  if (description === undefined) return undefined;
  if (ArrayBuffer.isView(description)) {
    return Uint8Array.from(
      new Uint8Array(description.buffer, description.byteOffset, description.byteLength),
    );
  }
  return Uint8Array.from(new Uint8Array(description));
}

registerAacEncoder();

parentPort!.on('message', (requests: readonly EncoderRequest[]) => {
  for (const request of requests) serve(request);
});

function serve(request: EncoderRequest): void {
  const { id } = request;
  switch (request.type) {
    case 'open':
      encoders.set(id, new Encoder(id, request.format));
      return;
    case 'encode':
      encoders.get(id)?.encode(request.samples);
      return;
    case 'finish':
      encoders.get(id)?.finish();
      return;
    case 'close':
      // Its failure, if any, has been reported already.
      void encoders
        .get(id)
        ?.close()
        .catch(() => {});
      encoders.delete(id);
      return;
    default:
      request satisfies never;
  }
}
