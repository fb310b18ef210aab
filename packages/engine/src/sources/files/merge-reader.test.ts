import { expect, test } from 'vitest';
import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';
import { ClipReader, readClip } from './clip.js';
import { MergeReader } from './merge-reader.js';

function video(dts: number, pts: number): SourcePacket {
  return {
    kind: 'video',
    codec: 'h264',
    data: new Uint8Array(1),
    pts,
    dts,
    keyFrame: dts === 0,
    duration: 40,
  };
}

function audio(dts: number): SourcePacket {
  return {
    kind: 'audio',
    codec: 'aac',
    data: new Uint8Array(1),
    pts: dts,
    dts,
    keyFrame: true,
    duration: 20,
  };
}

/** Gives its packets out only after a wait for each, as a file does that is read in pieces. */
class HesitantReader implements PacketReader {
  readonly #packets: SourcePacket[];
  #ready: SourcePacket | undefined;

  constructor(packets: SourcePacket[]) {
    this.#packets = [...packets];
  }

  get ended(): boolean {
    return this.#ready === undefined && this.#packets.length === 0;
  }

  next(): SourcePacket | undefined {
    const packet = this.#ready;
    this.#ready = undefined;
    return packet;
  }

  async more(): Promise<void> {
    await Promise.resolve();
    this.#ready ??= this.#packets.shift();
  }

  async close(): Promise<void> {}
}

const pictures = [video(0, 0), video(40, 40), video(80, 80)];
const sounds = [audio(0), audio(20), audio(40), audio(60), audio(80), audio(100)];
const merged = ['v0', 'a0', 'a20', 'v40', 'a40', 'a60', 'v80', 'a80', 'a100'];

function label(packet: SourcePacket): string {
  return `${packet.kind[0]}${packet.dts}`;
}

test('two tracks become one, in order of decoding time', async () => {
  const packets = await readClip(new MergeReader(new ClipReader(pictures), new ClipReader(sounds)));
  expect(packets.map(label)).toEqual(merged);
});

test('the order does not depend on which track is slow to read', async () => {
  const slowVideo = new MergeReader(new HesitantReader(pictures), new ClipReader(sounds));
  const slowAudio = new MergeReader(new ClipReader(pictures), new HesitantReader(sounds));
  expect((await readClip(slowVideo)).map(label)).toEqual(merged);
  expect((await readClip(slowAudio)).map(label)).toEqual(merged);
});

test('audio waits for the presentation of the first picture when pictures are reordered', async () => {
  const reordered = [video(0, 80), video(40, 200), video(80, 120)];
  const packets = await readClip(
    new MergeReader(new ClipReader(reordered), new ClipReader([audio(0), audio(20)])),
  );
  expect(packets.map(label)).toEqual(['v0', 'v40', 'v80', 'a80', 'a100']);
  expect(packets.find((packet) => packet.kind === 'audio')?.pts).toBe(80);
});

test('either track may be empty', async () => {
  expect(
    (await readClip(new MergeReader(new ClipReader([]), new ClipReader(sounds)))).map(label),
  ).toHaveLength(6);
  expect(
    (await readClip(new MergeReader(new ClipReader(pictures), new ClipReader([])))).map(label),
  ).toHaveLength(3);
});
