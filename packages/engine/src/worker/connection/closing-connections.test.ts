import { expect, test } from 'vitest';
import { FakeConnection } from '../testing/fake-connection.js';
import { ClosingConnections } from './closing-connections.js';

const OWNER = {
  onDrain() {},
  onCommand() {},
  onReconnectRequest() {},
  onWarning() {},
  onConnectionClosed() {},
};

/** Connections that were left, the warnings that they gave, and what makes one of them end. */
function closing() {
  const warnings: string[] = [];
  const left = new ClosingConnections((message) => warnings.push(message));
  const end = (error?: Error): boolean => {
    const { self } = new FakeConnection(OWNER);
    left.add(self);
    return left.onClosed(self, error);
  };
  return { left, warnings, end };
}

test('the first bad end is part of how the destination ends, unless what was lost with it is sent again', () => {
  const { left, warnings, end } = closing();
  const [first, second] = [new Error('first'), new Error('second')];
  expect([end(), end(first), end(second)]).toEqual([true, true, true]);
  expect(left.isEmpty).toBe(true);
  expect(warnings).toHaveLength(2);
  expect(left.flaw).toBe(first);
  expect(left.takeFlaw()).toBe(first);
  expect(left.takeFlaw()).toBeUndefined();
  left.forget(second);
  expect(left.flaw).toBe(first);
  left.forget(first);
  expect(left.flaw).toBeUndefined();
});

test.each([true, false])('a bad end counts before one that is in doubt: it came first: %s', (isFirst) => {
  const { left, warnings, end } = closing();
  const [flaw, doubt] = [new Error('flaw'), new Error('doubt')];
  if (isFirst) end(flaw);
  left.noteUncertain(doubt);
  if (!isFirst) end(flaw);
  expect(left.takeFlaw()).toBe(flaw);
  left.forget(flaw);
  expect(left.flaw).toBeUndefined();
  expect(left.takeFlaw()).toBeUndefined();
  expect(warnings).toHaveLength(1);
});

test('an end in doubt is none that the destination ends with', () => {
  const { left, warnings } = closing();
  const doubt = new Error('doubt');
  left.noteUncertain(doubt);
  expect([left.flaw, left.takeFlaw(), warnings]).toEqual([undefined, doubt, []]);
});

test('one that was aborted has ended as it was told to', () => {
  const { left, warnings } = closing();
  const { self } = new FakeConnection(OWNER);
  left.add(self);
  left.abort(new Error('aborted'));
  left.onClosed(self, new Error('aborted'));
  expect([left.flaw, left.takeFlaw(), warnings]).toEqual([undefined, undefined, []]);
});
