// H.265 has two forms on the wire, and no server takes both by rule. What a server recorded is read back to
// Annex-B by the plain reader of test/support, since ffmpeg 5.1 knows neither form, and decoded: the same
// pictures as the source.

import { describe, expect, test } from 'vitest';
import { expectSameFrames, expectSameTimes } from '../support/expect-track.js';
import { readHevcTrack } from '../support/flv.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { pushAll } from '../support/push.js';
import { embeddedReceiver, foreignServers, type RecordingServerKind } from '../support/recording-server.js';
import { readAccessUnits, readAudioFrames } from '../support/source.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const FRAME_MS = 40;

const { nginxRtmp, nodeMediaServer } = foreignServers;

/**
 * nginx-rtmp 1.2 records a stream in the enhanced form as an empty file, and cannot be told from other
 * servers.
 */
const cases: {
  server: RecordingServerKind;
  hevc: 'legacy' | 'enhanced' | 'auto';
  expected: 'legacy' | 'enhanced';
}[] = [
  { server: nginxRtmp, hevc: 'legacy', expected: 'legacy' },
  { server: nodeMediaServer, hevc: 'auto', expected: 'enhanced' },
  { server: embeddedReceiver, hevc: 'auto', expected: 'enhanced' },
  { server: nodeMediaServer, hevc: 'legacy', expected: 'legacy' },
  { server: nodeMediaServer, hevc: 'enhanced', expected: 'enhanced' },
  { server: embeddedReceiver, hevc: 'legacy', expected: 'legacy' },
  { server: embeddedReceiver, hevc: 'enhanced', expected: 'enhanced' },
];

describe.concurrent.each(cases)('H.265 to $server.name, $hevc', ({ server: kind, hevc, expected }) => {
  test.for(['plain.h265', 'bframes.h265'])('%s', { timeout: TIMEOUT_MS }, async (name, context) => {
    requirePeers(context, kind.peer, 'ffmpeg');
    await using folder = await TempFolder.create();
    await using server = await kind.start(folder);
    const videoPackets = await readAccessUnits(fixture(name), FRAME_MS);
    const audioPackets = await readAudioFrames(fixture('stereo-48k.aac'));
    await pushAll({ url: server.url('stream'), video: 'h265', hevc, videoPackets, audioPackets });

    const { forms, times, annexB } = await readHevcTrack(await server.recording('stream'));
    expect(forms).toEqual([expected]);
    await expectSameFrames(await folder.write('received.h265', annexB), fixture(name), 'video');
    expectSameTimes(times, videoPackets);
  });
});
