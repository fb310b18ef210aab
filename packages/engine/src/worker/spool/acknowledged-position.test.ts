import { expect, test } from 'vitest';
import { AcknowledgedPosition } from './acknowledged-position.js';

const MARGIN = 8192;

test('it says what the server has, less a margin, and nothing before the server does', () => {
  const position = new AcknowledgedPosition();
  position.update({ acknowledged: 0, bytesWritten: 1_000_000 }, 0);
  expect(position.position).toBeUndefined();
  position.update({ acknowledged: 900_000, bytesWritten: 1_000_000 }, 1);
  expect(position.position).toBe(900_000 - MARGIN);
  position.restart();
  expect(position.position).toBeUndefined();
});

test('it goes on across the wrap of the sequence number, and never back', () => {
  const position = new AcknowledgedPosition();
  const written = 2 ** 32 + 500_000;
  position.update({ acknowledged: 2 ** 32 - 100_000, bytesWritten: written }, 0);
  expect(position.position).toBe(2 ** 32 - 100_000 - MARGIN);
  position.update({ acknowledged: 400_000, bytesWritten: written }, 1);
  expect(position.position).toBe(2 ** 32 + 400_000 - MARGIN);
  position.update({ acknowledged: 300_000, bytesWritten: written }, 2);
  expect(position.position).toBe(2 ** 32 + 400_000 - MARGIN);
});

test('a server that claims what was not sent is not trusted, but one that counts the handshake is', () => {
  const position = new AcknowledgedPosition();
  position.update({ acknowledged: 103_073, bytesWritten: 100_000 }, 0);
  expect(position.position).toBe(100_000 - MARGIN);
  position.update({ acknowledged: 5_000_000, bytesWritten: 100_000 }, 1);
  expect(position.position).toBeUndefined();
});

test('a server that falls silent while media goes out has stopped to acknowledge', () => {
  const position = new AcknowledgedPosition();
  position.update({ acknowledged: 50_000, bytesWritten: 100_000 }, 0);
  position.update({ acknowledged: 50_000, bytesWritten: 100_000 }, 120_000);
  expect(position.position).toBeDefined();
  position.update({ acknowledged: 50_000, bytesWritten: 200_000 }, 120_001);
  expect(position.position).toBeUndefined();
});
