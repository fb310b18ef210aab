import { expect, test } from 'vitest';
import { StandstillGuard } from './guarded-file.js';

function ask(guard: StandstillGuard, times: number, ...places: number[]): void {
  for (let i = 0; i < times; i++) for (const place of places) guard.ask(place);
}

test('a reader that asks for the same place over and over is stopped, and told where', () => {
  expect(() => ask(new StandstillGuard(), 100_000, 4711)).toThrow('what is at byte 4711 can neither be read');
});

test('so are two that stand still in turns', () => {
  expect(() => ask(new StandstillGuard(), 100_000, 10, 20)).toThrow('byte 10');
});

test('a reader that gets on may come back as often as it likes', () => {
  const guard = new StandstillGuard();
  for (let at = 1; at < 1_000_000; at++) {
    guard.ask(0);
    guard.ask(at);
  }
});
