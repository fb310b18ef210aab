import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ChannelLayout, encodeSilence } from './silence.js';

const config = (channelConfiguration: number, programConfig = ''): ChannelLayout => ({
  channelConfiguration,
  programConfig: Buffer.from(programConfig, 'hex'),
});
const silence = (...parameters: Parameters<typeof config>): string | undefined => {
  const bytes = encodeSilence(config(...parameters));
  return bytes && Buffer.from(bytes).toString('hex');
};

test('silence is what docs/encryption.md says for each channelConfiguration', () => {
  const document = readFileSync(new URL('../../docs/encryption.md', import.meta.url), 'utf8');
  const rows = [...document.matchAll(/^\| ([1-7]) +\| [SCPELF, ]+\| `([0-9a-f]+)`/gm)];
  expect(rows).toHaveLength(7);
  for (const [, channelConfiguration, bytes] of rows) {
    expect(silence(Number(channelConfiguration))).toBe(bytes);
  }
});

/** Bit strings, filled up to a whole number of bytes. */
function hexOf(...fields: readonly string[]): string {
  const bits = fields.join('');
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g)!;
  return bytes.map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0')).join('');
}

test('silence has the elements, with their tags, that a program config element lists', () => {
  const counts = ['0001', '0000', '0001', '01', '000', '0000', '000']; // one in front, one behind, one low
  const elements = ['1', '0011', '0', '0101', '0001']; // a pair 3, a single channel 5, a low frequency 1
  const programConfig = hexOf('101', '0000', '01', '0011', ...counts, ...elements);
  const pair = ['001', '0011', '0'.repeat(45)];
  const single = ['000', '0101', '0'.repeat(22)];
  const low = ['011', '0001', '0'.repeat(22)];
  expect(silence(0, programConfig)).toBe(hexOf(...pair, ...single, ...low, '111'));
});

test('there is no silence for channels that are not known', () => {
  expect(silence(8)).toBeUndefined();
  expect(silence(0)).toBeUndefined();
  expect(silence(0, 'a0988000')).toBeUndefined();
});
