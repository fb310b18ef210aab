// A stream breaks off, goes on, and what is missing is sent later, out of order and some of it twice:
// `cloudpush receive --join-gaps` makes one file of it that decodes to what the camera gave.

import { readFile } from 'node:fs/promises';
import { FlvReader, TagRole, TagType } from '@cloudpush/muxer';
import { RtmpPublisher } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { encodeWallClock, gapMetadata } from '../../packages/engine/src/spool/gap-stream.js';
import { roleOf, type SpoolTag } from '../../packages/engine/src/spool/spool-tag.js';
import { cloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { frameHashes } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

/** When the camera began, by its own clock: a little off that of the receiver. */
const START = Date.now() - 10_000;

function tagOf(type: TagType, timestamp: number, body: Uint8Array): SpoolTag {
  return { type, role: roleOf(type, body), timestamp, parts: [body], size: body.length };
}

/** The headers of a clip, and its groups of pictures. */
async function clip(): Promise<{ headers: SpoolTag[]; groups: SpoolTag[][] }> {
  const headers: SpoolTag[] = [];
  const groups: SpoolTag[][] = [];
  for (const { type, timestamp, payload } of new FlvReader().push(await readFile(fixture('bframes.flv')))) {
    const tag = tagOf(type, timestamp, payload);
    if (type === TagType.scriptData) continue;
    if (tag.role === TagRole.videoSequenceHeader || tag.role === TagRole.audioSequenceHeader)
      headers.push(tag);
    else if (tag.role === TagRole.keyFrame) groups.push([tag]);
    else groups.at(-1)?.push(tag);
  }
  return { headers, groups };
}

async function publish(url: string, tags: readonly SpoolTag[]): Promise<void> {
  const publisher = await RtmpPublisher.connect({ url });
  const zero = tags.find(({ type }) => type !== TagType.scriptData)?.timestamp ?? 0;
  for (const tag of tags)
    publisher.send({ ...tag, timestamp: Math.max(0, tag.timestamp - zero), headroom: 0 }, undefined);
  await publisher.close();
}

/** A gap as a spool sends it. */
function gap(headers: readonly SpoolTag[], groups: readonly SpoolTag[][], part: number): SpoolTag[] {
  const wallOf = (tag: SpoolTag): number => START + tag.timestamp;
  const first = groups[0]![0]!;
  const last = groups.at(-1)!.at(-1)!;
  const facts = { gapOf: 'camera', gapStart: wallOf(first), gapEnd: wallOf(last), gapPart: part };
  return [
    tagOf(TagType.scriptData, first.timestamp, gapMetadata(undefined, facts)),
    ...headers.map((tag) => ({ ...tag, timestamp: first.timestamp })),
    ...groups.flatMap((tags) => [
      tagOf(TagType.scriptData, tags[0]!.timestamp, encodeWallClock(wallOf(tags[0]!))),
      ...tags,
    ]),
  ];
}

test('a stream and the gaps that were sent later become one file in order', {
  timeout: 120_000,
}, async (context) => {
  requirePeers(context, 'ffmpeg');
  const { headers, groups } = await clip();
  const [first, ...rest] = groups as [SpoolTag[], ...SpoolTag[][]];
  expect(rest.length).toBeGreaterThan(0);
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.path, ['--join-gaps']);
  const url = receiver.url('camera');
  await publish(url, [...headers, ...first.slice(0, 10)]);
  await publish(receiver.url('camera-gap-2'), gap(headers, rest, 2));
  await publish(receiver.url('camera-gap-1'), gap(headers, [first], 1));
  for (const name of ['camera', 'camera-gap-1', 'camera-gap-2']) await receiver.ended(name);
  expect(await receiver.stop()).toEqual({ code: 0, signal: null });
  const joined = receiver.events().find(({ event }) => event === 'joined');
  expect(joined).toMatchObject({
    app: 'live',
    name: 'camera',
    recordings: 3,
    gaps: 2,
    groups: groups.length,
  });
  expect(await frameHashes(joined!.file!, 'video')).toEqual(
    await frameHashes(fixture('bframes.flv'), 'video'),
  );
});

test('--join-gaps needs recordings', async () => {
  await using folder = await TempFolder.create();

  const { code, stderr } = await cloudpush(['receive', '--join-gaps'], { cwd: folder.path });
  expect(code).toBe(2);
  expect(stderr).toContain('--join-gaps needs --record');
});
