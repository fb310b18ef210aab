// Servers record the streams of cloudpush unchanged: the same decoded frames at the same times as the source.
// The source is cut into packets by ffprobe, and the recording is read by ffmpeg: neither end is our own
// code.

import type { ChannelOptions } from '@cloudpush/engine';
import { describe, test } from 'vitest';
import { expectTrack } from '../support/expect-track.js';
import { clip, fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { pushAll } from '../support/push.js';
import { embeddedReceiver, foreignServers, type RecordingServerKind } from '../support/recording-server.js';
import { readAccessUnits, readAudioFrames } from '../support/source.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const FRAME_MS = 40;

interface Case {
  name: string;
  video?: string;
  audio?: string;
  codecs?: Pick<ChannelOptions, 'video' | 'audio'>;
}

const cases: Case[] = [
  { name: 'the bundled clip', video: clip.video, audio: clip.audio },
  { name: 'B-frames', video: fixture('bframes.h264'), audio: fixture('stereo-48k.aac') },
  { name: 'a picture size that changes in mid-stream', video: fixture('size-change.h264') },
  { name: 'several slices a picture', video: fixture('slices.h264'), audio: fixture('mono-16k.aac') },
  { name: '3-byte start codes', video: fixture('short-start-codes.h264') },
  { name: 'MP3', video: fixture('plain.h264'), audio: fixture('stereo-44k.mp3'), codecs: { audio: 'mp3' } },
  { name: 'video only', video: fixture('plain.h264') },
  { name: 'audio only', audio: fixture('stereo-48k.aac') },
];

const servers: RecordingServerKind[] = [...Object.values(foreignServers), embeddedReceiver];

describe.concurrent.each(servers)('$name records unchanged', ({ peer, start }) => {
  test.for(cases)('$name', { timeout: TIMEOUT_MS }, async ({ video, audio, codecs }, context) => {
    requirePeers(context, peer, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await start(folder);
    const videoPackets = video ? await readAccessUnits(video, FRAME_MS) : [];
    const audioPackets = audio ? await readAudioFrames(audio) : [];
    await pushAll({ url: server.url('stream'), ...codecs, videoPackets, audioPackets });
    const recording = await server.recording('stream');
    if (video) await expectTrack(recording, 'video', video, videoPackets);
    if (audio) await expectTrack(recording, 'audio', audio, audioPackets);
  });
});
