import type { IncomingStream, StreamEnd, StreamReceiver } from '@cloudpush/engine/recording';
import { errorText } from '../../error-text.js';
import { bytes, count, megabitsPerSecond, plural, rounded } from '../../terminal/format.js';
import type { Output } from '../../terminal/output.js';
import { RateMeter } from '../../terminal/rate-meter.js';
import type { JoinedStream } from './joining/join-recordings.js';
import { RefusalLimiter } from './refusal-limiter.js';

/** Totals of everything received. */
export interface ReceiveTotals {
  streams: number;
  /** Streams that their publisher ended in an orderly way. */
  clean: number;
  /** Video messages with a picture, and audio messages with sound: not those with a configuration. */
  pictures: number;
  audioFrames: number;
  videoMessages: number;
  audioMessages: number;
  bytes: number;
  recordingFailures: number;
}

/** Tells what comes in, to people or to programs. */
export interface ReceiveLog {
  listening(address: { readonly host: string; readonly port: number }): void;
  publish(stream: IncomingStream): void;
  end(stream: IncomingStream, end: StreamEnd): void;
  refused(error: Error): void;
  /** Called every now and then while streams may come in. */
  rates(receiver: StreamReceiver): void;
  /** At the end: a stream and its gaps are in one file. */
  joined(stream: JoinedStream): void;
  summary(totals: ReceiveTotals): void;
}

/** One JSON object a line: `listening`, `publish`, `end`, `refused`, `joined`, `summary`. */
export class JsonReceiveLog implements ReceiveLog {
  readonly #output: Output;
  readonly #refusals = new RefusalLimiter();

  constructor(output: Output) {
    this.#output = output;
  }

  listening({ host, port }: { readonly host: string; readonly port: number }): void {
    this.#output.json({ event: 'listening', host, port, url: urlOf(host, port) });
  }

  publish({ id, app, name, from, file, startedAt }: IncomingStream): void {
    this.#output.json({ event: 'publish', stream: id, app, name, from, file, at: startedAt.toISOString() });
  }

  end(stream: IncomingStream, { clean, error }: StreamEnd): void {
    const { id, app, name, file, elapsed, pictures, audioFrames, videoMessages, audioMessages } = stream;
    this.#output.json({
      event: 'end',
      stream: id,
      app,
      name,
      clean,
      elapsedMs: rounded(elapsed, 1),
      pictures,
      audioFrames,
      videoMessages,
      audioMessages,
      bytes: stream.bytes,
      file,
      error: error === undefined ? undefined : { code: error.code, message: error.message },
    });
  }

  refused(error: Error): void {
    const untold = this.#refusals.take(performance.now());
    if (untold === undefined) return;
    const more = untold === 0 ? undefined : untold;
    this.#output.json({ event: 'refused', message: error.message, untoldBefore: more });
  }

  rates(): void {
    // A program reads the counters where a stream ends.
  }

  joined(stream: JoinedStream): void {
    this.#output.json({ event: 'joined', ...stream });
  }

  summary(totals: ReceiveTotals): void {
    this.#output.json({ event: 'summary', ...totals, refused: this.#refusals.total });
  }
}

/** Lines for people: what happens on stdout, rates on stderr. */
export class TextReceiveLog implements ReceiveLog {
  readonly #output: Output;
  readonly #refusals = new RefusalLimiter();
  readonly #rate = new RateMeter();
  readonly #began = performance.now();

  constructor(output: Output) {
    this.#output = output;
  }

  listening({ host, port }: { readonly host: string; readonly port: number }): void {
    this.#output.result(`listening on ${urlOf(host, port)}`);
  }

  publish(stream: IncomingStream): void {
    const target = stream.file === undefined ? '' : `, recorded to ${stream.file}`;
    this.#output.result(`${titleOf(stream)} begins, from ${stream.from}${target}`);
  }

  end(stream: IncomingStream, { clean, error }: StreamEnd): void {
    const how = clean ? 'ended' : `broke off${error === undefined ? '' : ` (${errorText(error)})`}`;
    const seconds = (stream.elapsed / 1000).toFixed(1);
    const rate = megabitsPerSecond(stream.bytes, stream.elapsed).toFixed(1);
    const media = `${count(stream.pictures)} video, ${count(stream.audioFrames)} audio`;
    this.#output.result(
      `${titleOf(stream)} ${how} after ${seconds} s: ${media}, ${bytes(stream.bytes)}, ${rate} Mbit/s`,
    );
  }

  refused(error: Error): void {
    const untold = this.#refusals.take(performance.now());
    if (untold === undefined) return;
    const more = untold === 0 ? '' : ` (and ${count(untold)} before it)`;
    this.#output.note(`refused: ${errorText(error)}${more}`);
  }

  rates(receiver: StreamReceiver): void {
    const elapsed = performance.now() - this.#began;
    const rate = this.#rate.update({ elapsed, bytes: receiver.bytes });
    const { length } = receiver.streams;
    if (length > 0) {
      this.#output.note(
        `${plural(length, 'stream')} | ${rate.toFixed(1)} Mbit/s | ${bytes(receiver.bytes)} in all`,
      );
    }
  }

  joined({ app, name, file, recordings, gaps }: JoinedStream): void {
    const of = `${plural(recordings, 'recording')}, ${plural(gaps, 'gap')} among them`;
    this.#output.result(`${titleOf({ app, name })} joined to ${file}: ${of}`);
  }

  summary(totals: ReceiveTotals): void {
    const { streams, clean, pictures, audioFrames } = totals;
    const { total: refused } = this.#refusals;
    this.#output.result(
      `${plural(streams, 'stream')}, ${count(clean)} ended cleanly: ` +
        `${count(pictures)} video, ${count(audioFrames)} audio, ${bytes(totals.bytes)}` +
        (refused === 0 ? '' : `; ${count(refused)} refused`),
    );
  }
}

function urlOf(host: string, port: number): string {
  return `rtmp://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

function titleOf({ app, name }: Pick<IncomingStream, 'app' | 'name'>): string {
  // Control characters in a publisher's stream name could move the terminal's cursor.
  return `${app}/${name}`.replace(/\p{Cc}/gu, '?');
}
