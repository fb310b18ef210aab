import { expect, test } from 'vitest';
import { FakeClock } from '../../gateway/testing/fake-clock.js';
import { DEFAULT_SLOTS } from '../assignment/assignment.js';
import { TestCluster } from './testing/test-cluster.js';

test('what nobody can read in the store is told, each once, and a cluster goes on around it', async () => {
  const cluster = new TestCluster(new FakeClock(), DEFAULT_SLOTS);
  const { keys, server } = cluster;
  const texts = [
    '',
    'null',
    '7',
    '[]',
    '{',
    '{}',
    '{"node":7,"incarnation":{}}',
    '{"id":"x","capacity":"all"}',
  ];
  const write = (key: string, value: string): void =>
    void server.keys.change([{ key, value, revision: undefined }]);
  // Slots 4000 to 4007 are nobody's as long as their owners cannot be read.
  for (const [index, text] of texts.entries()) {
    for (const prefix of [keys.nodes, keys.offers, keys.readies, keys.wants, keys.statuses]) {
      write(`${prefix}${index}`, text);
      write(`${prefix}of ${index}`, text);
    }
    write(keys.claim(4000 + index), text);
    write(`${keys.claims}-${index}`, '{"node":"x","incarnation":"x"}');
    write(`${keys.claims}${4096 + index}`, '{"node":"x","incarnation":"x"}');
  }
  write(keys.node('double'), '{"id":"a","capacity":1,"incarnation":"x","state":"up","version":"1"}');
  const [a, b] = [await cluster.add('a'), await cluster.add('b')];
  for (const { load } of [a, b]) load.isBusy = (slot) => slot % 50 === 0;
  await cluster.pass(4000);
  expect(cluster.unowned).toBe(texts.length);
  expect(cluster.slotsOf('a')).toBeGreaterThan(1500);
  expect(cluster.slotsOf('b')).toBeGreaterThan(1500);
  // Two keys of nodes and three of owners each, and the node under another name.
  const told = (): number => a.events.filter((type) => type === 'malformed').length;
  expect(told()).toBe(5 * texts.length + 1);
  for (const [index] of texts.entries()) {
    server.keys.change([{ key: keys.claim(4000 + index), value: undefined, revision: undefined }]);
  }
  await cluster.pass(1000);
  expect([cluster.unowned, told()]).toEqual([0, 5 * texts.length + 1]);
});
