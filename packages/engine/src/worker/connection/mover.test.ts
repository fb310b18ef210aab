import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import type { ShardTarget } from '../../options/destination-config.js';
import type { Connection } from './connection.js';
import { Mover } from './mover.js';

const AWAY: ShardTarget = { url: 'rtmp://away/live/a', token: undefined };
const FARTHER: ShardTarget = { url: 'rtmp://farther/live/a', token: undefined };

/** Connections that are made and refused when the test says so, and what the owner was told. */
class Fixture {
  readonly attempts: { readonly connection: Connection; succeed(): void; fail(error: Error): void }[] = [];
  readonly discarded: Connection[] = [];
  readonly stays: string[] = [];
  readonly faults: unknown[] = [];
  refusal: Error | undefined;
  fault: Error | undefined;
  readonly mover = new Mover({
    createConnection: () => ({ publisher: {} }) as unknown as Connection,
    publish: (connection) =>
      new Promise((succeed, fail) => {
        this.attempts.push({ connection, succeed, fail });
      }),
    refusalOf: () => {
      if (this.fault !== undefined) throw this.fault;
      return this.refusal;
    },
    discard: (connection) => void this.discarded.push(connection),
    onStay: ({ message }) => void this.stays.push(message),
    onFault: (fault) => void this.faults.push(fault),
  });

  start(target = AWAY): void {
    this.mover.start({ target, renewed: false });
  }
}

function failure(errorClass: 'retryable' | 'busy'): CloudPushError {
  return new CloudPushError('ERR_TEST', 'the test says so', { class: errorClass });
}

test('a move can be made once its connection stands, and is handed over once', async () => {
  const { mover, attempts, ...fixture } = new Fixture();
  mover.start({ target: AWAY, renewed: true });
  expect([mover.canMove, mover.take(), mover.underWay?.target]).toEqual([false, undefined, AWAY]);
  attempts[0]!.succeed();
  await turn();
  expect(mover.canMove).toBe(true);
  expect(mover.take()).toEqual({ target: AWAY, renewed: true, connection: attempts[0]!.connection });
  expect([mover.canMove, mover.take(), mover.underWay]).toEqual([false, undefined, undefined]);
  expect([fixture.discarded, fixture.stays]).toEqual([[], []]);
});

test('where the name is taken, the move waits for the end of the old connection', async () => {
  const fixture = new Fixture();
  fixture.start();
  fixture.attempts[0]!.fail(failure('busy'));
  await turn();
  expect([fixture.mover.canMove, fixture.mover.takeConnected()]).toEqual([true, undefined]);
  expect(fixture.mover.take()).toMatchObject({ target: AWAY, connection: undefined });
  expect(fixture.stays).toEqual([]);
});

test('a failure, and a server that cannot take the stream, leave it where it is', async () => {
  const fixture = new Fixture();
  fixture.start();
  fixture.attempts[0]!.fail(failure('retryable'));
  await turn();
  fixture.refusal = new Error('no such codec');
  fixture.start();
  fixture.attempts[1]!.succeed();
  await turn();
  expect([fixture.mover.canMove, fixture.mover.underWay]).toEqual([false, undefined]);
  expect(fixture.stays).toEqual(['the test says so', 'no such codec']);
  expect(fixture.discarded).toEqual([fixture.attempts[1]!.connection]);
});

test('the last move counts: the one before is given up, whatever comes of it', async () => {
  const fixture = new Fixture();
  fixture.start();
  fixture.start(FARTHER);
  expect(fixture.discarded).toEqual([fixture.attempts[0]!.connection]);
  fixture.attempts[0]!.succeed();
  await turn();
  expect(fixture.mover.canMove).toBe(false);
  fixture.attempts[1]!.succeed();
  await turn();
  expect(fixture.mover.cancel()?.target).toEqual(FARTHER);
  expect(fixture.discarded).toEqual(fixture.attempts.map(({ connection }) => connection));
  expect(fixture.mover.cancel()).toBeUndefined();
});

test('a connection that is lost before it takes the stream up ends the move', async () => {
  const fixture = new Fixture();
  fixture.start();
  fixture.attempts[0]!.succeed();
  await turn();
  expect(fixture.mover.onClosed({} as Connection, failure('retryable'))).toBe(false);
  expect(fixture.mover.onClosed(fixture.attempts[0]!.connection, failure('retryable'))).toBe(true);
  expect([fixture.mover.canMove, fixture.stays]).toEqual([false, ['the test says so']]);
});

test('while nothing is published, a move waits for the next connection, and the last one counts', () => {
  const { mover, ...fixture } = new Fixture();
  expect([mover.isPending, mover.takePending()]).toEqual([false, undefined]);
  mover.postpone({ target: AWAY, renewed: false });
  mover.postpone({ target: FARTHER, renewed: true });
  expect([mover.isPending, mover.canMove, mover.underWay, mover.take()]).toEqual([
    true,
    false,
    undefined,
    undefined,
  ]);
  expect(mover.takePending()).toEqual({ target: FARTHER, renewed: true });
  expect([mover.isPending, mover.takePending(), fixture.attempts]).toEqual([false, undefined, []]);
});

test.each(['connecting', 'ready', 'afterClose'] as const)(
  'a stream that is lost on its way (%s) goes there with its next connection',
  async (state) => {
    const fixture = new Fixture();
    const { mover } = fixture;
    fixture.start();
    if (state === 'ready') fixture.attempts[0]!.succeed();
    else if (state === 'afterClose') fixture.attempts[0]!.fail(failure('busy'));
    await turn();
    mover.suspend();
    expect(fixture.discarded).toHaveLength(state === 'afterClose' ? 0 : 1);
    expect(mover.takePending()?.target).toEqual(AWAY);
    mover.suspend();
    expect(mover.isPending).toBe(false);
  },
);

test('a fault in what the new connection sets off is told, and nothing is left unhandled', async () => {
  const fixture = new Fixture();
  fixture.fault = new TypeError('no such field');
  fixture.start();
  fixture.attempts[0]!.succeed();
  await turn();
  expect([fixture.faults, fixture.stays]).toEqual([[fixture.fault], []]);
});
