import { expect, test } from 'vitest';
import { applyMergePatch, mergePatchBetween } from './merge-patch.js';

type Tree = Record<string, unknown>;

/** RFC 7396 §2, word by word. */
function applied(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Tree =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applied(result[key], value);
  }
  return result;
}

/** A generator of the same numbers each time (a linear congruential one). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomTree(next: (below: number) => number, depth: number): Tree {
  const tree: Tree = {};
  for (const key of ['a', 'b', 'c', 'd']) {
    const kind = next(6);
    if (kind === 0) continue;
    if (kind === 1 && depth > 0) tree[key] = randomTree(next, depth - 1);
    else if (kind === 2) tree[key] = Array.from({ length: next(3) }, () => next(3));
    else tree[key] = next(3);
  }
  return tree;
}

test('a patch makes the old state into the new one, whatever they are', () => {
  const next = numbers(1);
  for (let round = 0; round < 2000; round++) {
    const [before, after] = [randomTree(next, 3), randomTree(next, 3)];
    const patch = mergePatchBetween(before, after);
    expect(applied(before, patch ?? {})).toEqual(after);
    if (patch === undefined) expect(before).toEqual(after);
  }
});

test('applying a patch is what RFC 7396 says', () => {
  const next = numbers(2);
  for (let round = 0; round < 500; round++) {
    const target = randomTree(next, 3);
    const patch = { ...randomTree(next, 3), a: next(2) === 0 ? null : { b: null, c: [null] } };
    expect(applyMergePatch(target, patch)).toEqual(applied(target, patch));
  }
  expect(applyMergePatch({ a: 1 }, [2])).toEqual([2]);
  const hostile = applyMergePatch({}, JSON.parse('{"__proto__": {"a": 1}}'));
  expect(JSON.stringify(hostile)).toBe('{"__proto__":{"a":1}}');
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
});

test('equal states need no patch, and a patch holds what has changed only', () => {
  const before = { same: { x: [1, { y: 2 }] }, list: [1], count: 1, gone: 1, kept: { a: 1, b: 2 } };
  expect(mergePatchBetween(before, structuredClone(before))).toBeUndefined();
  const after = { same: { x: [1, { y: 2 }] }, list: [1, 2], count: 2, kept: { a: 1, b: 3 } };
  expect(mergePatchBetween(before, after)).toEqual({ list: [1, 2], count: 2, gone: null, kept: { b: 3 } });
});

test('what is undefined or null is absent', () => {
  expect(mergePatchBetween({ a: undefined, b: null, c: 1 }, { a: null, c: undefined })).toEqual({ c: null });
  expect(mergePatchBetween({ a: undefined }, {})).toBeUndefined();
});

test('a key named __proto__ stays a key', () => {
  const patch = mergePatchBetween({}, JSON.parse('{"__proto__": {"a": 1}}'));
  expect(JSON.stringify(patch)).toBe('{"__proto__":{"a":1}}');
});
