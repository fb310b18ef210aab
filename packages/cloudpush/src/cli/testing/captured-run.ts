import { Writable } from 'node:stream';
import { run } from '../run.js';
import { Output } from '../terminal/output.js';

/** The output of a run of the command line, and how it ended. */
export interface CapturedRun {
  readonly code: number;
  readonly results: string;
  readonly notes: string;
}

/** Runs the command line with its outputs kept as text. */
export async function capturedRun(...words: string[]): Promise<CapturedRun> {
  const texts = ['', ''];
  const streams = texts.map(
    (_, index) =>
      new Writable({
        write(chunk, _encoding, done) {
          texts[index] += String(chunk);
          done();
        },
      }),
  );
  const code = await run(words, new Output(streams[0]!, streams[1]!));
  return { code, results: texts[0]!, notes: texts[1]! };
}
