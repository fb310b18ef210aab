import { expect, test } from 'vitest';
import { parseXml, XmlError } from './xml.js';

const nested = (depth: number) => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;

test('elements lie in others up to a depth that no camera needs', () => {
  expect(parseXml(nested(64)).documentElement?.tagName).toBe('a');
  expect(() => parseXml(nested(65))).toThrow(XmlError);
  expect(() => parseXml(nested(20_000))).toThrow('the reply has more than 64 elements in another');
});

test.each([
  ['siblings', '<b></b>'],
  ['empty elements', '<b/>'],
  ['values with a greater-than sign', `<b c="d>e"/><b c='>' d='"'/>`],
  ['comments with tags', '<!-- <b> -->'],
  ['character data with tags', '<![CDATA[<b>]]>'],
  ['instructions', '<?b <c> ?>'],
])('%s are not depth', (_what, piece) => {
  expect(parseXml(`<a>${piece.repeat(200)}</a>`).documentElement?.tagName).toBe('a');
});
