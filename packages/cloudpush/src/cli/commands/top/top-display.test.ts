import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { sampleChannel } from '../../../gateway/http/testing/sample-state.js';
import { viewOf } from '../../../gateway/view/testing/sample-view.js';
import { Output } from '../../terminal/output.js';
import { openDisplay } from './top-display.js';

const view = viewOf(Array.from({ length: 30 }, (_, index) => sampleChannel(`camera-${index}`)));

function screen(columns: number, rows: number) {
  const terminal = () => Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns, rows });
  const notes = terminal();
  const display = openDisplay(new Output(terminal(), notes), false);
  notes.read();
  const drawn = () => {
    const text: string = notes.read();
    expect(text.startsWith('\u001b[H')).toBe(true);
    return text.slice(3).split('\n');
  };
  return { notes, display, drawn };
}

test('a screen holds all lines that are drawn, also after it has become another size', () => {
  const { notes, display, drawn } = screen(80, 24);
  for (const [columns, rows] of [
    [80, 24],
    [20, 5],
    [120, 40],
    [1, 1],
  ] as const) {
    Object.assign(notes, { columns, rows });
    display.show(view);
    const lines = drawn();
    expect(lines.length).toBeLessThanOrEqual(rows);
    // A line is cleared before it is written: behind its last character that would go, too.
    for (const line of lines.filter((line) => line !== '\u001b[J')) {
      expect(line.startsWith('\u001b[K')).toBe(true);
      expect(line.slice(3)).not.toContain('\u001b');
      expect(line.length - 3).toBeLessThanOrEqual(columns);
    }
  }
  display[Symbol.dispose]();
});

test('the word of a gateway that is gone is cut to the screen, and nothing else is left on it', () => {
  const { display, drawn } = screen(20, 5);
  display.lost('http://127.0.0.1:9992 cannot be reached');
  expect(drawn()).toEqual(['\u001b[Khttp://127.0.0.1:99…', '\u001b[J']);
  display[Symbol.dispose]();
});
