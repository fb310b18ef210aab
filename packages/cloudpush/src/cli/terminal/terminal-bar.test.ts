import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Output } from './output.js';
import { barLine, TerminalBar } from './terminal-bar.js';

const FACTS = ['12.3 s', '8/8 channels', '1,840 frames', '12.3 Mbit/s', '0 dropped', '0 paused'];

test('the bar stands in front of the facts, and fills up', () => {
  expect(barLine(0.5, FACTS.slice(0, 1))).toBe(' ██████████░░░░░░░░░░ 50% | 12.3 s');
  expect(barLine(1, FACTS.slice(0, 1))).toBe(' ████████████████████ 100% | 12.3 s');
  expect(barLine(1.2, FACTS.slice(0, 1))).toMatch(/█ 100%/);
  expect(barLine(undefined, FACTS)).toBe(` ${FACTS.join(' | ')}`);
});

test.each([
  [120, /^ █{20} 100% \| 12\.3 s .* 0 paused$/],
  [95, /^ █{10} 100% \| 12\.3 s .* 0 paused$/],
  [82, /^ 100% \| 12\.3 s .* 0 paused$/],
  [75, /^ 100% \| 12\.3 s \| .* \| 0 dropped$/],
  [40, /^ 100% \| 12\.3 s \| 8\/8 channels$/],
  [8, /^ 100%$/],
  [3, /^ 10$/],
])('in %i columns, the last facts are left out, and never the head', (columns, line) => {
  expect(barLine(1, FACTS, columns)).toMatch(line);
  expect(barLine(1, FACTS, columns).length).toBeLessThanOrEqual(columns);
});

test('where the end is not known, the time stays', () => {
  expect(barLine(undefined, FACTS, 25)).toBe(' 12.3 s | 8/8 channels');
});

test('what is noted while a bar is drawn stands above it, and the bar is drawn anew', () => {
  let text = '';
  const terminal = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    }),
    { isTTY: true, columns: 80 },
  );
  const output = new Output(terminal, terminal);
  const bar = new TerminalBar(output);
  bar.update(0.5, ['1 s']);
  output.note('something happened');
  bar.stop();
  output.note('behind it');
  const line = ' ██████████░░░░░░░░░░ 50% | 1 s';
  const start = '\r\u001b[K';
  expect(text).toBe(`\u001b[?25l${start}${line}${start}something happened\n${line}\u001b[?25h\nbehind it\n`);
});
