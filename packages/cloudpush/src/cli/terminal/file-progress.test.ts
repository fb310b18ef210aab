import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FileProgress } from './file-progress.js';
import { Output } from './output.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function notes(isTTY: boolean): { output: Output; written: () => string } {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 80,
    clearLine: () => {},
    cursorTo: () => {},
  });
  let text = '';
  stream.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  return { output: new Output(new PassThrough(), stream), written: () => text };
}

test('a file that is read quickly needs no bar', () => {
  const { output, written } = notes(true);
  const progress = new FileProgress(output);
  progress.onProgress({ done: 0, size: 1000 });
  vi.advanceTimersByTime(400);
  progress.onProgress({ done: 1000, size: 1000 });
  progress.stop();
  expect(written()).toBe('');
});

test('a long file has a bar, drawn five times a second at most', () => {
  const { output, written } = notes(true);
  const progress = new FileProgress(output);
  for (let done = 0; done <= 10; done++) {
    progress.onProgress({ done: done * 1e6, size: 1e7 });
    vi.advanceTimersByTime(100);
  }
  progress.stop();
  for (const shown of ['50% | 5.0 MB of 10.0 MB', '70% | 7.0 MB', '90% | 9.0 MB']) {
    expect(written()).toContain(shown);
  }
  expect(written()).not.toContain('60%');
});

test('where no person watches, nothing is shown', () => {
  const { output, written } = notes(false);
  const progress = new FileProgress(output);
  vi.advanceTimersByTime(10_000);
  progress.onProgress({ done: 1, size: 2 });
  progress.stop();
  expect(written()).toBe('');
  expect(() => new FileProgress(undefined).stop()).not.toThrow();
});
