import { expect, test } from 'vitest';
import { barLine } from './terminal-bar.js';

const FACTS = ['12.3 s', '8/8 channels', '1,840 frames', '12.3 Mbit/s', '0 dropped', '0 paused'];

test('the bar stands in front of the facts, and fills up', () => {
  expect(barLine(0.5, FACTS.slice(0, 1))).toBe(' ██████████░░░░░░░░░░ 50% | 12.3 s');
  expect(barLine(1, FACTS.slice(0, 1))).toBe(' ████████████████████ 100% | 12.3 s');
  expect(barLine(1.2, FACTS.slice(0, 1))).toMatch(/█ 100%/);
  expect(barLine(undefined, FACTS)).toBe(` ${FACTS.join(' | ')}`);
});

test.each([
  [120, /^ █.* 100% \| 12\.3 s .* 0 paused$/],
  [82, /^ 100% \| 12\.3 s .* 0 paused$/],
  [80, /^ 12\.3 s \| .* 0 paused$/],
  [70, /^ 8\/8 channels .* 0 paused$/],
  [40, /^ 12\.3 Mbit\/s \| 0 dropped \| 0 paused$/],
  [5, /^ 0 paused$/],
])('in %i columns, what is left out is what matters least', (columns, line) => {
  expect(barLine(1, FACTS, columns)).toMatch(line);
  if (columns > 5) {
    expect(barLine(1, FACTS, columns).length).toBeLessThanOrEqual(columns);
  }
});
