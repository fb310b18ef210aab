import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EncryptionKey,
  type FlvFileTag,
  FlvReader,
  type FlvTag,
  FlvWriter,
  Muxer,
  SampleEncryptor,
  TagType,
} from '@cloudpush/muxer';
import { encodeData } from '@cloudpush/transport';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type CapturedRun, capturedRun } from '../../testing/captured-run.js';

let folder: string;
let input: string;
let output: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloudpush-decrypt-'));
  input = file('encrypted.flv');
  output = file('clear.flv');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const file = (name: string): string => join(folder, name);

async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(file(name), content);
  return file(name);
}

const decrypt = (...args: string[]): Promise<CapturedRun> => capturedRun('decrypt', input, output, ...args);

const filling = '5a'.repeat(60);
const start = '00000001';
const parameterSets = `${start}6764000aacd9457b011000000300100000030320f1225960${start}68ebe3cb22c0`;
const idr = `${start}6588840047dae398${filling}`;
const inter = `${start}419a236c457fbc7c${filling}`;
const aac = Buffer.from('fff1504002bffc2100112233445566778899001122', 'hex');

/** Pictures, and as many frames of sound. */
const FRAMES = 10;
const SAMPLES = 2 * FRAMES;

function muxed(): FlvTag[] {
  const muxer = new Muxer();
  const tags: FlvTag[] = [];
  for (let i = 0; i < FRAMES; i++) {
    const data = Buffer.from(i === 0 ? parameterSets + idr : inter, 'hex');
    muxer.video('h264', { data, headroom: 0, dts: 40 * i, pts: 40 * i }, tags);
    muxer.audio('aac', { data: aac, headroom: 0, dts: 40 * i, pts: 40 * i }, tags);
  }
  return tags;
}

/** The tag that says that a track is encrypted. */
function announcement(track: string): Uint8Array[] {
  const body = encodeData('onEncryption', { scheme: 'aes-ctr', track, mode: 'allFrames' });
  return new FlvWriter().tag({ type: TagType.scriptData, timestamp: 0, parts: [body], size: body.length });
}

/**
 * Writes the input: under these keys, the second one for its second half. Returns what it was before
 * encryption.
 */
async function record(...keys: readonly [EncryptionKey, EncryptionKey?]): Promise<Buffer> {
  const writer = new FlvWriter();
  const encryptors = {
    [TagType.video]: new SampleEncryptor('video'),
    [TagType.audio]: new SampleEncryptor('audio'),
  };
  const clear = [writer.header()];
  const encrypted = [writer.header(), ...announcement('video'), ...announcement('audio')];
  for (const tag of muxed()) {
    const key = tag.timestamp < 20 * FRAMES ? keys[0] : (keys[1] ?? keys[0]);
    const encryptor = encryptors[tag.type as keyof typeof encryptors];
    encryptor.configure({ mode: 'allFrames', key });
    clear.push(...writer.tag(tag));
    encrypted.push(...writer.tag(encryptor.encrypt(tag, false)));
  }
  await writeFile(input, Buffer.concat(encrypted));
  return Buffer.concat(clear);
}

async function expectOutput(clear: Buffer): Promise<void> {
  expect((await readFile(output)).equals(clear)).toBe(true);
}

/** Expects no output, and no beginning of one. */
async function expectNoOutput(): Promise<void> {
  expect((await readdir(folder)).filter((name) => name.startsWith('clear'))).toEqual([]);
}

const bytes = Uint8Array.from({ length: 16 }, (_, i) => 16 * i + 3);
const hex = `hex:${Buffer.from(bytes).toString('hex')}`;

test.each([
  ['a text', 'vavakey', ['--key', 'vavakey'], ''],
  ['a text that looks like something else', 'hex:00', ['--key', 'text:hex:00'], ''],
  ['hexadecimal digits', bytes, ['--key', hex], ''],
  ['the environment', 'vavakey', [], 'vavakey'],
  ['the environment, beside others', bytes, ['--key', 'not this one', '--key', 'nor this'], hex],
])('a recording is decrypted with a key from %s', async (_, key, args, variable) => {
  vi.stubEnv('CLOUDPUSH_KEY', variable);
  const clear = await record(key);
  const { code, results, notes } = await decrypt(...args);
  expect({ code, notes }).toEqual({ code: 0, notes: '' });
  expect(results).toBe(`${output}\n  decrypted      ${SAMPLES} samples\n  not encrypted  0 samples\n`);
  await expectOutput(clear);
  expect((await readdir(folder)).sort()).toEqual(['clear.flv', 'encrypted.flv']);
});

test.each([
  ['bytes', bytes, bytes],
  ['a line', 'vavakey', 'vavakey\n'],
  ['a line of 16 characters', 'sixteen letters!', 'sixteen letters!\r\n'],
  ['a text of 16 characters', 'sixteen letters!', 'sixteen letters!'],
])('a recording is decrypted with a key file that holds %s', async (_, key, content) => {
  const clear = await record(key);
  const { code } = await decrypt('--key', `file:${await fileWith('key', content)}`);
  expect(code).toBe(0);
  await expectOutput(clear);
});

test('keys may change in mid-stream, and the summary may be JSON', async () => {
  const clear = await record('before', 'after');
  const { code, results } = await decrypt('--key', 'after', '--key', 'before', '--json');
  expect(code).toBe(0);
  const counts = { decrypted: SAMPLES, clear: 0, withoutKey: 0, damaged: 0, unmarked: 0, truncatedBytes: 0 };
  expect(JSON.parse(results)).toEqual({ input, output, ...counts, failures: [] });
  await expectOutput(clear);
});

test('a recording without any marker is a failure, and copied when that is wanted', async () => {
  const clear = await record('vavakey');
  await writeFile(input, clear);
  const strict = await decrypt('--key', 'vavakey');
  expect(strict.code).toBe(1);
  expect(strict.notes).toMatch(/: nothing in the file is marked as encrypted: --tolerant copies it\n$/);
  await expectNoOutput();
  const { code, results } = await decrypt('--key', 'vavakey', '--tolerant');
  expect(code).toBe(1);
  expect(results).toContain(`not encrypted  ${SAMPLES} samples`);
  await expectOutput(clear);
});

/** The recording with the marker of one picture broken, and where its tag begins. */
async function breakMarker(picture: number): Promise<number> {
  const bytesOfFile = await readFile(input);
  const tags = new FlvReader().push(bytesOfFile).filter(({ type }) => type === TagType.video);
  // The sequence header comes first.
  const { offset, payload } = tags[1 + picture]!;
  const last = offset + 11 + payload.length - 1;
  bytesOfFile[last] = bytesOfFile[last]! ^ 1;
  await writeFile(input, bytesOfFile);
  return offset;
}

test.each([
  ['in the middle', 4, '0.160'],
  ['at the end', FRAMES - 1, '0.360'],
])(
  'a picture %s that has lost its marker is told with its place, and never exit code 0',
  async (_, picture, at) => {
    const clear = await record('vavakey');
    const offset = (await breakMarker(picture)).toLocaleString('en-US');
    const strict = await decrypt('--key', 'vavakey');
    expect({ code: strict.code, results: strict.results }).toEqual({ code: 1, results: '' });
    const where = `1 sample of video at ${at} s, byte ${offset}: the marker is lost or damaged`;
    expect(strict.notes).toBe(`cloudpush: ${input}: ${where}: --tolerant leaves it as it is\n`);
    await expectNoOutput();
    const { code, results } = await decrypt('--key', 'vavakey', '--tolerant');
    expect(code).toBe(1);
    expect(results).toContain(`decrypted       ${SAMPLES - 1} samples\n  not encrypted   0 samples\n`);
    expect(results).toContain('left encrypted  1 sample: the marker is lost or damaged');
    expect(results).toContain(where);
    const [before, after] = [clear, await readFile(output)].map((flv) => new FlvReader().push(flv));
    const same = after!.filter(({ payload }, i) => Buffer.from(payload).equals(before![i]!.payload));
    expect(same).toHaveLength(before!.length - 1);
  },
);

test('pictures behind the end of their encryption are no failure when the recording says so', async () => {
  const clear = await record('vavakey');
  const tags = new FlvReader().push(await readFile(input));
  const before = new FlvReader().push(clear);
  const writer = new FlvWriter();
  const half = tags.length / 2;
  const told = encodeData('onEncryption', { scheme: 'aes-ctr', track: 'video', mode: 'none' });
  const pieces = [writer.header(), ...tags.slice(0, half).flatMap((tag) => tagOf(writer, tag))];
  pieces.push(...writer.tag({ type: TagType.scriptData, timestamp: 200, parts: [told], size: told.length }));
  // The two announcements are not in the clear file.
  tags.slice(half).forEach((tag, i) => {
    pieces.push(...tagOf(writer, tag.type === TagType.video ? before[half - 2 + i]! : tag));
  });
  await writeFile(input, Buffer.concat(pieces));
  expect((await decrypt('--key', 'vavakey')).code).toBe(0);
  await expectOutput(clear);
});

function tagOf(writer: FlvWriter, { type, timestamp, payload }: FlvFileTag): Uint8Array[] {
  return writer.tag({ type, timestamp, parts: [payload], size: payload.length });
}

test('of a recording that was broken off, the whole tags are decrypted', async () => {
  await record('vavakey');
  const whole = await readFile(input);
  const last = new FlvReader().push(whole).at(-1)!;
  await writeFile(input, whole.subarray(0, last.offset + 20));
  const { code, results } = await decrypt('--key', 'vavakey');
  expect(code).toBe(0);
  expect(results).toContain('left out       20 bytes at the end: a tag that is cut off');
  const reader = new FlvReader();
  expect(reader.push(await readFile(output))).toHaveLength(2 + SAMPLES - 1);
  expect(reader.end()).toEqual({ truncatedBytes: 0, previousTagSizeErrors: 0 });
});

test('a file that is there already is replaced only if that is wanted', async () => {
  const clear = await record('vavakey');
  await writeFile(output, 'something else');
  const { code, notes } = await decrypt('--key', 'vavakey');
  expect(code).toBe(2);
  expect(notes).toBe(`cloudpush: ${output}: the file exists; --force replaces it\n`);
  expect(await readFile(output, 'utf8')).toBe('something else');
  expect((await decrypt('--key', 'vavakey', '--force')).code).toBe(0);
  await expectOutput(clear);
});

test.each([
  [
    ['--key', 'wrong secret'],
    /: no key fits an encrypted sample \(key check, actual [0-9a-f]{8}, .* at byte \d+\)/,
  ],
  [
    ['--key', 'first secret'],
    /: no key fits an encrypted sample \(key check, actual [0-9a-f]{8}, .* at byte \d+\)/,
  ],
  [['--key', 'wrong secret', '--tolerant'], /: no key fits any encrypted sample$/m],
])('without the right key, there is no output, and no key in what is said: %j', async (args, words) => {
  await record('first secret', 'second secret');
  const { code, results, notes } = await decrypt(...args);
  expect({ code, results }).toEqual({ code: 1, results: '' });
  expect(notes).toMatch(/^cloudpush: [^\n]+\n$/);
  expect(notes).toMatch(words);
  expect(notes).not.toContain('secret');
  await expectNoOutput();
});

test('what cannot be decrypted is left as it is when that is wanted, counted, and exit code 1', async () => {
  const clear = await record('first', 'second');
  const encrypted = await readFile(input);
  // The version in the trailer of the first picture.
  encrypted[encrypted.indexOf('c0b5f561dba99ae4', 0, 'hex') - 5] = 9;
  await writeFile(input, encrypted);
  const strict = await decrypt('--key', 'first', '--key', 'second');
  expect(strict.code).toBe(1);
  expect(strict.notes).toMatch(
    /an encrypted sample is damaged \(version, actual 9, permitted 2, at byte \d+\)/,
  );
  await expectNoOutput();

  const { code, results } = await decrypt('--key', 'first', '--tolerant');
  expect(code).toBe(1);
  expect(results).toContain(`decrypted       ${SAMPLES / 2 - 1} samples`);
  expect(results).toContain(`left encrypted  ${SAMPLES / 2} samples: no key fits`);
  expect(results).toContain('left as it is   1 sample: damaged');
  const [before, after] = [clear, await readFile(output)].map((flv) => new FlvReader().push(flv));
  expect(after).toHaveLength(before!.length);
  const same = after!.filter(({ payload }, i) => Buffer.from(payload).equals(before![i]!.payload));
  expect(same).toHaveLength(2 + SAMPLES / 2 - 1);
});

test('damage to the file itself ends the command without an output', async () => {
  await record('vavakey');
  const bytesOfFile = await readFile(input);
  const { offset } = new FlvReader().push(bytesOfFile).at(-4)!;
  await writeFile(input, bytesOfFile.fill(0xff, offset, offset + 11));
  const { code, notes } = await decrypt('--key', 'vavakey', '--tolerant');
  expect(code).toBe(1);
  expect(notes).toMatch(/encrypted\.flv: an FLV tag is not valid \(TagType, actual 255/);
  await expectNoOutput();
});

const key = ['--key', 'secret'];

test.each<[string, () => string[] | Promise<string[]>, string]>([
  ['no key', () => [input, output], 'a key is needed: in the variable CLOUDPUSH_KEY, or as --key'],
  ['an empty key', () => [input, output, '--key', ''], 'a key is empty'],
  ['no digits', () => [input, output, '--key', 'hex:secret'], 'an even number of hexadecimal digits'],
  ['an odd digit', () => [input, output, '--key', 'hex:abc'], 'an even number of hexadecimal digits'],
  ['no key file', () => [input, output, '--key', `file:${file('none')}`], 'there is no such file'],
  [
    'an empty key file',
    async () => [input, output, '--key', `file:${await fileWith('empty', '')}`],
    'a key file holds 1 to 4096 bytes, not 0',
  ],
  [
    'a key file that is too large',
    async () => [input, output, '--key', `file:${await fileWith('large', Buffer.alloc(4097))}`],
    'a key file holds 1 to 4096 bytes, not 4097',
  ],
  ['no input', () => [file('none.flv'), output, ...key], 'there is no such file'],
  ['a folder as input', () => [folder, output, ...key], 'this is a folder, not a file'],
  [
    'a text as input',
    async () => [await fileWith('text', 'only words'), output, ...key],
    'this is not an FLV file',
  ],
  [
    'an MP4 file as input',
    async () => [await fileWith('tape.mp4', Buffer.from('00000020667479706d703432', 'hex')), output, ...key],
    "this is an MP4 or QuickTime file, which cannot be read; remux it without loss: ffmpeg -i '",
  ],
  ['an empty input', async () => [await fileWith('empty', ''), output, ...key], 'this is not an FLV file'],
  ['a folder as output', () => [input, folder, ...key], 'this is a folder, not a file'],
  ['the input as output', () => [input, input, ...key, '--force'], 'this is the input'],
  ['a device as output', () => [input, '/dev/null', ...key, '--force'], 'this is not a regular file'],
  [
    'no folder',
    () => [input, file('no/folder/clear.flv'), ...key],
    'a file cannot be created there (ENOENT)',
  ],
  ['one argument', () => [input, ...key], "missing required argument 'output'"],
])('%s: one line, exit code 2, and no key in it', async (_, words, what) => {
  vi.stubEnv('CLOUDPUSH_KEY', '');
  await record('vavakey');
  const { code, results, notes } = await capturedRun('decrypt', ...(await words()));
  expect({ code, results }).toEqual({ code: 2, results: '' });
  expect(notes).toMatch(/^cloudpush: [^\n]+\n$/);
  expect(notes).toContain(what);
  expect(notes).not.toContain('secret');
  await expectNoOutput();
});
