import { expect, test } from 'vitest';
import { readSampleHeader } from './read-sample-header.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

// docs/encryption.md, "Sample header": marker, version, key check, counter block.
const header = '3817ef74861b402f92adbd75972d766f 01 76d28233 a0a1a2a3a4a5a6a7a8a9aaab 01020304';
const told = {
  version: 1,
  keyCheck: '76d28233',
  nonce: 'a0a1a2a3a4a5a6a7a8a9aaab',
  blockCounter: 0x01020304,
};
const sei = (content: string): string => `00000001 06 05 25 ${content} 80`;
/** Side information of MPEG-1 in mono. */
const side = '00'.repeat(17);
const slice = '00000001 6588840047dae398';

test('the header that was put in last counts, and none behind the picture', () => {
  const other = header.replace('76d28233', '00112244');
  expect(readSampleHeader('h264', hex(`000001 0910 ${sei(other)} ${sei(header)} ${slice}`))).toEqual(told);
  expect(readSampleHeader('h264', hex(`${sei(header)} ${slice} ${sei(other)}`))).toEqual(told);
  expect(readSampleHeader('h264', hex(`${slice} ${sei(header)}`))).toBeUndefined();
  expect(readSampleHeader('h264', hex(sei(header)))).toEqual(told);
  expect(readSampleHeader('h264', hex(`00000001 0605 04 01020304 80 ${slice}`))).toBeUndefined();
});

test('an ADTS frame with and without crc_check', () => {
  const frame = `8127 ${header} 1234`;
  expect(readSampleHeader('aac', hex(`fff15040 067ffc ${frame}`))).toEqual(told);
  expect(readSampleHeader('aac', hex(`fff05040 069ffc abcd ${frame}`))).toEqual(told);
  expect(readSampleHeader('aac', hex('fff15040 067ffc 8125 00'))).toBeUndefined();
});

test('a header that is cut off is damaged, and other codecs have none', () => {
  const refusal = expect.objectContaining({ code: 'ERR_CLOUDPUSH_DECRYPTION_DAMAGED' });
  const cut = header.slice(0, 60).replaceAll(' ', '');
  expect(() => readSampleHeader('mp3', hex(`fffb10c0 ${side} ${cut.slice(0, 50)}`))).toThrow(refusal);
  expect(readSampleHeader('opus', hex(`fffb10c0 ${header}`))).toBeUndefined();
  expect(readSampleHeader('mp3', hex(`fffb10c0 ${side} ${header}`))).toEqual(told);
  expect(readSampleHeader('mp3', new Uint8Array(0))).toBeUndefined();
  expect(readSampleHeader('aac', new Uint8Array(0))).toBeUndefined();
  expect(readSampleHeader('h264', new Uint8Array(0))).toBeUndefined();
});
