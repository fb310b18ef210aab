import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Output } from './output.js';

/** A stream that keeps what it is given, or fails with `code` instead. */
class Paper extends Writable {
  text = '';

  constructor(code?: string) {
    super({
      autoDestroy: false,
      write: (chunk, _encoding, done) => {
        this.text += code === undefined ? String(chunk) : '';
        done(code === undefined ? null : Object.assign(new Error(code), { code }));
      },
    });
  }
}

const HOSTILE = 'denied\u001b]0;owned\u0007 for rtmp://u:pw@h/live/x?token=SECRET';

test('neither escape sequences nor secrets get out, in lines or in JSON', () => {
  const [results, notes] = [new Paper(), new Paper()];
  const output = new Output(results, notes);
  output.error(HOSTILE);
  output.result(HOSTILE);
  output.json({ message: HOSTILE });
  expect(notes.text).toBe('cloudpush: denied?]0;owned? for rtmp://h/live/x\n');
  expect(results.text.split('\n')[0]).toBe('denied?]0;owned? for rtmp://h/live/x');
  expect(results.text).not.toMatch(/(?!\n)\p{Cc}/u);
  expect(JSON.parse(results.text.split('\n')[1]!)).toEqual({
    message: 'denied\u001b]0;owned\u0007 for rtmp://h/live/x',
  });
});

test.each([
  ['EPIPE', 1],
  ['ENOSPC', 0],
])('results that are lost with %s are told of', async (code, gone) => {
  const output = new Output(new Paper(code), new Paper());
  let calls = 0;
  output.whenReaderGone(() => calls++);
  output.result('one');
  output.result('two');
  expect(await output.written()).toMatchObject({ code });
  await new Promise(setImmediate);
  expect(calls).toBe(gone);
});

test('notes that are lost are nobody’s concern', async () => {
  const results = new Paper();
  const output = new Output(results, new Paper('EPIPE'));
  output.whenReaderGone(() => expect.unreachable());
  output.note('lost');
  await new Promise(setImmediate);
  output.note('not even tried');
  output.result('kept');
  expect(await output.written()).toBeUndefined();
  expect(results.text).toBe('kept\n');
});
