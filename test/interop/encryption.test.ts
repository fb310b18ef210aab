// Servers record an encrypted stream without understanding it; the recording, decrypted, is the source, bit
// by bit: ffmpeg decodes the same pictures and the same sound from it as from the source.

import { readFile } from 'node:fs/promises';
import type { ChannelOptions, EncryptionOptions } from '@cloudpush/engine';
import { FlvDecryptor, FlvReader, FlvWriter } from '@cloudpush/muxer';
import { describe, expect, test } from 'vitest';
import { expectSameFrames, expectSameTimes, expectTrack } from '../support/expect-track.js';
import { readHevcTrack } from '../support/flv.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { pushAll } from '../support/push.js';
import { embeddedReceiver, foreignServers, type RecordingServerKind } from '../support/recording-server.js';
import { readAccessUnits, readAudioFrames } from '../support/source.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const FRAME_MS = 40;

interface Case {
  name: string;
  video: string;
  audio: string;
  encryption: EncryptionOptions;
  codecs?: Pick<ChannelOptions, 'video' | 'audio' | 'hevc'>;
}

const keys = { text: 'vavakey', aes256: Uint8Array.from({ length: 32 }, (_, i) => 255 - i) };

const cases: Case[] = [
  {
    name: 'H.264 with B-frames and AAC, all frames',
    video: 'bframes.h264',
    audio: 'stereo-48k.aac',
    encryption: {
      video: { mode: 'allFrames', key: keys.text },
      audio: { mode: 'allFrames', key: keys.aes256 },
    },
  },
  {
    name: 'several slices a picture, key frames only',
    video: 'slices.h264',
    audio: 'mono-16k.aac',
    encryption: {
      video: { mode: 'keyFrames', key: keys.aes256 },
      audio: { mode: 'keyFrames', key: keys.text },
    },
  },
  {
    name: '3-byte start codes and MP3, all frames',
    video: 'short-start-codes.h264',
    audio: 'stereo-44k.mp3',
    encryption: {
      video: { mode: 'allFrames', key: keys.text },
      audio: { mode: 'allFrames', key: keys.text },
    },
    codecs: { audio: 'mp3' },
  },
  {
    name: 'H.265 with B-frames, all frames',
    video: 'bframes.h265',
    audio: 'stereo-48k.aac',
    encryption: {
      video: { mode: 'allFrames', key: keys.text },
      audio: { mode: 'allFrames', key: keys.text },
    },
    // nginx-rtmp knows no other form.
    codecs: { video: 'h265', hevc: 'legacy' },
  },
];

const servers: RecordingServerKind[] = [
  foreignServers.nginxRtmp,
  foreignServers.nodeMediaServer,
  embeddedReceiver,
];

/** The recording in the clear, and how much of it was encrypted. */
async function decrypted(recording: string): Promise<{ file: Buffer; samples: number }> {
  const decryptor = new FlvDecryptor({ keys: Object.values(keys) });
  const writer = new FlvWriter();
  const pieces: Uint8Array[] = [writer.header()];
  for (const tag of new FlvReader().push(await readFile(recording))) {
    const clear = decryptor.decrypt(tag);
    if (clear !== undefined) for (const bytes of writer.tag(clear)) pieces.push(Uint8Array.from(bytes));
  }
  return { file: Buffer.concat(pieces), samples: decryptor.counts.decrypted };
}

describe.concurrent.each(servers)('$name records, encrypted', ({ peer, start }) => {
  test.for(cases)('$name', { timeout: TIMEOUT_MS }, async ({ codecs, encryption, ...names }, context) => {
    requirePeers(context, peer, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await start(folder);
    const [video, audio] = [fixture(names.video), fixture(names.audio)];
    const videoPackets = await readAccessUnits(video, FRAME_MS);
    const audioPackets = await readAudioFrames(audio);
    await pushAll({ url: server.url('stream'), ...codecs, encryption, videoPackets, audioPackets });

    const { file, samples } = await decrypted(await server.recording('stream'));
    expect(samples).toBeGreaterThan(audioPackets.length);
    const clear = await folder.write('clear.flv', file);
    if (codecs?.video === 'h265') {
      const { times, annexB } = await readHevcTrack(clear);
      await expectSameFrames(await folder.write('clear.h265', annexB), video, 'video');
      expectSameTimes(times, videoPackets);
    } else {
      await expectTrack(clear, 'video', video, videoPackets);
      await expectTrack(clear, 'audio', audio, audioPackets);
    }
  });
});
