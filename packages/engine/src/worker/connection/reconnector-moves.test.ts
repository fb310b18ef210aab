import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { AWAY, FARTHER, failure, HOME, ReconnectorBench, reset } from '../testing/reconnector-bench.js';

let bench: ReconnectorBench;

beforeEach(() => {
  bench = new ReconnectorBench();
});

test('a stream that is lost on its way to another server goes on there', async () => {
  const { reconnector, told } = await bench.publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  expect(bench.link(1).target).toEqual(AWAY);
  await bench.link(0).lose(failure());
  await bench.waitForRetry();
  expect(bench.link(1).signal.aborted).toBe(true);
  expect(bench.link(2).target).toEqual(AWAY);
  await bench.link(2).succeed();
  expect(told).toEqual(['publishing', 'lost', 'publishing']);
  // And stays there.
  await bench.link(2).lose(failure());
  await bench.waitForRetry();
  expect(bench.link(3).target).toEqual(AWAY);
});

test('what was told last counts when a stream is lost on its way', async () => {
  const { reconnector } = await bench.publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await bench.link(0).lose(failure());
  reconnector.moveTo(FARTHER, false);
  await bench.waitForRetry();
  expect(bench.link(2).target).toEqual(FARTHER);
});

test('a stream that is lost beside a connection that is ready goes on there at once', async () => {
  const { reconnector, told } = await bench.publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await bench.link(1).succeed();
  expect(reconnector.canMove).toBe(true);
  await bench.link(0).lose(failure());
  expect(reconnector.publisher).toBe(bench.link(1).publisher);
  expect(told).toEqual(['publishing', 'lost', 'publishing']);
  expect(bench.connections.made).toHaveLength(2);
});

test('a move that failed is forgotten: a lost connection is made again where it was', async () => {
  const { reconnector, told } = await bench.publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await bench.link(1).fail(failure());
  expect(told[1]).toMatch(/^warning: /);
  expect(reconnector.canMove).toBe(false);
  await bench.link(0).lose(failure());
  await bench.waitForRetry();
  expect(bench.link(2).target).toEqual(HOME);
});

test('where the name is taken, the old connection ends before the new one is made', async () => {
  const { reconnector, told } = await bench.publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await bench.link(1).fail(failure('busy'));
  expect(reconnector.canMove).toBe(true);
  expect(reconnector.move()).toBeUndefined();
  expect(bench.link(0).closes).toBe(1);
  expect(bench.connections.made).toHaveLength(2);
  await bench.link(0).lose(undefined);
  expect(bench.link(2).target).toEqual(AWAY);
  await bench.link(2).succeed();
  expect(told).toEqual(['publishing', 'publishing']);
});

test('one that is destroyed on its way ends with that error, on both connections', async () => {
  const { reconnector, told } = await bench.publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  reconnector.destroy(failure());
  expect([bench.link(0).signal.aborted, bench.link(1).signal.aborted]).toEqual([true, true]);
  await bench.link(0).lose(failure('busy'));
  await bench.waitForRetry();
  expect(told).toEqual(['publishing', 'over: the test says so']);
  expect(bench.connections.made).toHaveLength(2);
});

test('a connection that the stream has left and that ends badly is how the destination ends', async () => {
  const { reconnector, told } = await bench.publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await bench.link(1).succeed();
  reconnector.move();
  await bench.link(0).lose(reset('publish'));
  reconnector.close();
  await bench.link(1).lose(undefined);
  expect(told.at(-1)).toBe('over: reset (publish)');
});

test('one that was ready for the stream and never got it is not', async () => {
  const { reconnector, told } = await bench.publishing();
  reconnector.moveTo(AWAY, false);
  await turn();
  await bench.link(1).succeed();
  reconnector.close();
  await bench.link(1).lose(reset('publish'));
  await bench.link(0).lose(undefined);
  expect(told.at(-1)).toBe('over: clean');
});

test('one that is told to move to where its connection leads stays there', async () => {
  const { reconnector } = await bench.publishing();
  await bench.link(0).lose(failure());
  reconnector.moveTo(AWAY, true);
  await bench.waitForRetry();
  // The target was asked for, and is another one than the renewed.
  expect(bench.link(1).target).toEqual(HOME);
  reconnector.moveTo(HOME, true);
  await bench.link(1).succeed();
  expect(bench.connections.made).toHaveLength(2);
});

test('a server that asks the stream to move is followed, at once the first time', async () => {
  const { told } = await bench.publishing();
  bench.link(0).requestMove(AWAY);
  await turn();
  expect(bench.link(1).target).toEqual(AWAY);
  await bench.link(1).fail(failure());
  bench.link(0).requestMove(FARTHER);
  await turn();
  expect(bench.connections.made).toHaveLength(2);
  expect(told.at(-1)).toMatch(/^warning: the server asks the stream to move again; it moves in 5 s/);
  bench.clock.pass(5000);
  await turn();
  expect(bench.link(2).target).toEqual(FARTHER);
});
