import { expect, test } from 'vitest';
import { parseConfiguration } from './parse.js';
import { readYaml } from './yaml.js';

test.each(['[', '- ', '? ', '{a: '])('%s, again and again, is refused where it is too deep', (open) => {
  const { faults } = parseConfiguration(open.repeat(500_000), 'gateway.yaml');
  expect(faults).toMatchObject([{ line: 1, message: expect.stringContaining('more than 64 levels deep') }]);
});

test('a key that stands twice, and a second document, are faults', () => {
  expect(readYaml('a: 1\nb: 2\na: 3\n').errors).toMatchObject([{ code: 'DUPLICATE_KEY', pos: [10, 11] }]);
  expect(readYaml('a: 1\n---\nb: 2\n').errors).toMatchObject([{ code: 'MULTIPLE_DOCS' }]);
});

test('a merge key may stand twice', () => {
  expect(readYaml('a: &a { x: 1 }\nb: { <<: *a, <<: *a }\n').errors).toEqual([]);
});

test('a password that begins with * and stands without quotes is not told', () => {
  const text =
    'version: 1\nchannels: { gate: { source: { url: rtsp://c/1, username: a, password: *hush } } }\n';
  const { faults } = parseConfiguration(text, 'gateway.yaml');
  expect(faults).toMatchObject([{ line: 2, column: 71, message: expect.stringContaining('needs quotes') }]);
  expect(JSON.stringify(faults)).not.toContain('hush');
});

test('an alias of what stands before it is none of these', () => {
  expect(readYaml('a: &a { x: &x 1 }\nb: *a\nc: *x\n').errors).toEqual([]);
});
