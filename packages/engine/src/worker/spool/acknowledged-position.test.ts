import { expect, test } from 'vitest';
import { AcknowledgedPosition } from './acknowledged-position.js';

const MARGIN = 8192;

test('it says what the server has, less a margin, and nothing before the server does', () => {
  const position = new AcknowledgedPosition();
  position.update({ queuedBytes: 0, acknowledged: 0, bytesWritten: 1_000_000 }, 0);
  expect(position.position).toBeUndefined();
  position.update({ queuedBytes: 0, acknowledged: 900_000, bytesWritten: 1_000_000 }, 1);
  expect(position.position).toBe(900_000 - MARGIN);
  position.restart();
  expect(position.position).toBeUndefined();
});

test('it goes on across the wrap of the sequence number', () => {
  const position = new AcknowledgedPosition();
  const written = 2 ** 32 + 500_000;
  position.update({ queuedBytes: 0, acknowledged: 2 ** 32 - 100_000, bytesWritten: written }, 0);
  expect(position.position).toBe(2 ** 32 - 100_000 - MARGIN);
  position.update({ queuedBytes: 0, acknowledged: 400_000, bytesWritten: written }, 1);
  expect(position.position).toBe(2 ** 32 + 400_000 - MARGIN);
  expect(position.isLate).toBe(false);
});

test('a server that claims what was not sent is not trusted, but one that counts the handshake is', () => {
  const position = new AcknowledgedPosition();
  position.update({ queuedBytes: 0, acknowledged: 103_073, bytesWritten: 100_000 }, 0);
  expect(position.position).toBe(100_000 - MARGIN);
  position.update({ queuedBytes: 0, acknowledged: 5_000_000, bytesWritten: 100_000 }, 1);
  expect(position.position).toBeUndefined();
});

test('a server that falls silent while media goes out has stopped to acknowledge', () => {
  const position = new AcknowledgedPosition();
  position.update({ queuedBytes: 0, acknowledged: 50_000, bytesWritten: 100_000 }, 0);
  position.update({ queuedBytes: 0, acknowledged: 50_000, bytesWritten: 100_000 }, 120_000);
  expect(position.position).toBeDefined();
  position.update({ queuedBytes: 0, acknowledged: 50_000, bytesWritten: 200_000 }, 120_001);
  expect(position.position).toBeUndefined();
});

const MIB = 2 ** 20;

/** A server that is sent media of 4 Mbit/s, and acknowledges as it is told to. */
class Fixture {
  readonly position = new AcknowledgedPosition();
  readonly publisher = { acknowledged: 0, bytesWritten: 0, queuedBytes: 0 };
  #now = 0;

  /** @param acknowledge gives what the server has acknowledged last */
  send(seconds: number, acknowledge: (received: number, before: number) => number): void {
    for (const end = this.#now + seconds * 1000; this.#now < end; this.#now += 50) {
      const { publisher } = this;
      publisher.bytesWritten += 25_000;
      publisher.acknowledged = acknowledge(publisher.bytesWritten, publisher.acknowledged) >>> 0;
      this.position.update(publisher, this.#now);
    }
  }
}

/** Each so many bytes. */
const each = (bytes: number) => (received: number, before: number) =>
  received - before >= bytes ? received : before;
const all = (received: number): number => received;
const none = (_received: number, before: number): number => before;

test.each([131_072, 2_500_000, 5_000_000])(
  'a server that acknowledges each %i bytes is trusted, and never late',
  (bytes) => {
    const server = new Fixture();
    for (let i = 0; i < 600; i++) {
      server.send(0.1, each(bytes));
      expect(server.position.isLate).toBe(false);
    }
    expect(server.position.position).toBeGreaterThan(server.publisher.bytesWritten - bytes - 100_000);
  },
);

test('a server whose acknowledgements stop is late, and after 16 MiB it is one that does not acknowledge', () => {
  const server = new Fixture();
  server.send(10, each(131_072));
  const from = server.publisher.bytesWritten;
  server.send(2, none);
  expect(server.position.isLate).toBe(false);
  server.send(2, none);
  expect(server.position.isLate).toBe(true);
  while (server.publisher.bytesWritten < from + 16 * MIB - 200_000) server.send(0.05, none);
  expect(server.position.position).toBeDefined();
  server.send(1, none);
  expect([server.position.position, server.position.isLate]).toEqual([undefined, false]);
  server.send(1, each(131_072));
  expect(server.position.position).toBeGreaterThan(from);
});

test.each<[string, (received: number) => number]>([
  ['begin again', (received) => received - 5_000_000],
  ['go back to 0', () => 0],
  ['jump ahead', (received) => received + 500_000],
  ['are far from all that was sent', (received) => 0xf000_0000 + received],
])('a server whose acknowledgements %s is not trusted any more on this connection', (_how, acknowledge) => {
  const server = new Fixture();
  server.send(12, each(131_072));
  expect(server.position.position).toBeDefined();
  server.send(0.2, acknowledge);
  expect(server.position.position).toBeUndefined();
  server.send(60, all);
  expect([server.position.position, server.position.isLate]).toEqual([undefined, false]);
  server.position.restart();
  server.send(1, all);
  expect(server.position.position).toBeDefined();
});

test('a server that acknowledges what cannot have been sent from the beginning on is never trusted', () => {
  const server = new Fixture();
  server.send(10, (received) => 0xf000_0000 + received);
  expect([server.position.position, server.position.isLate]).toEqual([undefined, false]);
});
