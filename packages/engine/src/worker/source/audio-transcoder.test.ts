import { expect, test, vi } from 'vitest';
import { AudioTranscoder } from './audio-transcoder.js';
import type { OutputTimes } from './reader-output.js';

/** A module of this text, which may be loaded several times. */
const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

const SAME = `export async function* transcodeAudio({ frames, codec, options }) {
  const configuration = Uint8Array.of(0x15, 0x88);
  for await (const { data, pts } of frames) yield { data, pts: pts + options.shift, configuration };
}`;

function bench(text: string, options: unknown = { shift: 0 }) {
  const sent: (OutputTimes & { readonly bytes: number })[] = [];
  const warnings: string[] = [];
  const state = { clock: 0, counted: 0, refused: 0, isFull: false, rooms: 0, flushes: 0 };
  const transcoder = new AudioTranscoder(
    { url: moduleOf(text), options, codecs: ['g711u'] },
    { codec: 'g711u', sampleRate: 8000, channels: 1 },
    {
      output: {
        sendAudio: (data, times) => {
          if (!state.isFull) sent.push({ bytes: data.length, ...times });
          return !state.isFull;
        },
        countAudio: () => state.counted++,
        refuseAudio: () => state.refused++,
      },
      warn: (message) => warnings.push(message),
      onRoom: () => state.rooms++,
      flushSoon: () => state.flushes++,
      clock: { now: () => state.clock },
    },
  );
  return { transcoder, sent, warnings, state };
}

const frame = (bytes = 160): Uint8Array => new Uint8Array(bytes);

test('frames go through the module in order, and the end of the source is awaited', async () => {
  const { transcoder, sent, state } = bench(SAME, { shift: -5 });
  const data = frame();
  for (let index = 0; index < 100; index++) expect(transcoder.write(data, index * 20)).toBe(true);
  await transcoder.end();
  expect(sent).toHaveLength(100);
  expect(sent[99]).toMatchObject({ bytes: 160, pts: 99 * 20 - 5, isTranscoded: true });
  expect(state).toMatchObject({ counted: 100, refused: 0 });
  transcoder.close();
});

test('the frame may be written over once it was taken', async () => {
  const seen = `export async function* transcodeAudio({ frames }) {
    for await (const { data, pts } of frames) yield { data: data.slice(0, data[0]), pts, configuration: data };
  }`;
  const { transcoder, sent } = bench(seen);
  const data = frame();
  for (const value of [1, 2, 3]) {
    data[0] = value;
    transcoder.write(data, 0);
  }
  await transcoder.end();
  expect(sent.map(({ bytes }) => bytes)).toEqual([1, 2, 3]);
});

test('a module that takes nothing holds a bounded number of frames, and frees the caller when it goes on', async () => {
  const slow = `export async function* transcodeAudio({ frames, options }) {
    await new Promise((resolve) => { globalThis[options.name] = resolve; });
    for await (const { data, pts } of frames) yield { data, pts, configuration: data };
  }`;
  const { transcoder, sent, state } = bench(slow, { name: 'goOnWithFrames' });
  let taken = 0;
  while (transcoder.write(frame(), taken * 20)) taken++;
  expect(taken).toBe(256);
  expect(transcoder.isFull).toBe(true);
  await vi.waitUntil(() => 'goOnWithFrames' in globalThis);
  (globalThis as unknown as { goOnWithFrames: () => void }).goOnWithFrames();
  await vi.waitUntil(() => state.rooms > 0);
  await transcoder.end();
  expect(sent).toHaveLength(256);
});

test('large frames are bounded by their bytes', () => {
  const { transcoder } = bench(SAME);
  let taken = 0;
  while (transcoder.write(frame(16 * 1024), 0)) taken++;
  expect(taken).toBe(16);
  transcoder.close();
});

test('what the pool has no room for waits for room', async () => {
  const { transcoder, sent, state } = bench(SAME);
  state.isFull = true;
  transcoder.write(frame(), 0);
  transcoder.write(frame(), 20);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(sent).toEqual([]);
  state.isFull = false;
  transcoder.onRoom();
  await transcoder.end();
  expect(sent).toHaveLength(2);
});

test('a module that fails costs the sound for a while, is told without secrets, and is opened again', async () => {
  const failing = `export async function* transcodeAudio() {
    throw new Error('cannot reach rtsp://user:hush@camera.example/1');
  }`;
  const { transcoder, warnings, state } = bench(failing);
  transcoder.write(frame(), 0);
  await vi.waitUntil(() => warnings.length > 0);
  expect(warnings[0]).toMatch(/^the sound is left out: .* failed: .*; the next attempt is in \d+ s$/);
  expect(warnings[0]).not.toContain('hush');
  expect(transcoder.write(frame(), 20)).toBe(true);
  expect(state.refused).toBe(1);
  state.clock += 61_000;
  transcoder.write(frame(), 40);
  await vi.waitUntil(() => warnings.length > 1);
});

test.each([
  ['is not there', 'syntax error here', 'cannot be loaded'],
  ['exports nothing of the name', 'export const other = 1;', 'exports no function transcodeAudio'],
  ['ends at once', 'export async function* transcodeAudio() {}', 'it has ended before the sound did'],
  [
    'gives no configuration',
    'export async function* transcodeAudio() { yield { data: Uint8Array.of(1), pts: 0 }; }',
    'a frame has no configuration',
  ],
  [
    'gives no time',
    'export async function* transcodeAudio() { yield { data: Uint8Array.of(1), pts: NaN, configuration: Uint8Array.of(1) }; }',
    'a frame has the time NaN',
  ],
  ['gives no data', 'export async function* transcodeAudio() { yield { pts: 1 }; }', 'a frame has no data'],
])('a module that %s is told', async (_, text, words) => {
  const { transcoder, warnings, sent } = bench(text);
  transcoder.write(frame(), 0);
  await vi.waitUntil(() => warnings.length > 0);
  expect(warnings[0]).toContain(words);
  expect(sent).toEqual([]);
});

test('once it is closed the module is told to let go, and nothing more is sent', async () => {
  const letsGo = `export async function* transcodeAudio({ signal, frames }) {
    signal.addEventListener('abort', () => { globalThis.hasLetGo = true; });
    for await (const { data, pts } of frames) yield { data, pts, configuration: data };
  }`;
  const { transcoder, sent, warnings } = bench(letsGo);
  transcoder.write(frame(), 0);
  await vi.waitUntil(() => sent.length === 1);
  transcoder.write(frame(), 20);
  transcoder.close();
  await vi.waitUntil(() => 'hasLetGo' in globalThis);
  expect(transcoder.write(frame(), 40)).toBe(true);
  await transcoder.end();
  expect(sent).toHaveLength(1);
  expect(warnings).toEqual([]);
});
