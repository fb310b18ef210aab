import { expect, test } from 'vitest';
import { spoolText } from './spool-text.js';

const state = { behindMs: 240_000, bytes: 12_345_678, gaps: 1, backfillRate: 0, isOff: false };

test('it says how far behind the server is, and when it will have caught up', () => {
  expect(spoolText(state)).toBe('behind by 4m (12.3 MB)');
  expect(spoolText({ ...state, backfillRate: 1e6, doneInMs: 180_000 })).toBe(
    'behind by 4m, catching up, done in 3m (12.3 MB)',
  );
  expect(spoolText({ ...state, behindMs: 0 })).toBe('nothing to be sent');
  expect(spoolText({ ...state, isOff: true })).toBe('off: the disk cannot be written');
});
