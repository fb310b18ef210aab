import { readdirSync, readFileSync } from 'node:fs';
import { CloudPushError } from '../../../packages/engine/src/base/errors.js';
import { parseChallenges } from '../../../packages/engine/src/sources/rtsp/auth/challenge.js';
import { readDigestChallenge } from '../../../packages/engine/src/sources/rtsp/auth/digest.js';
import { rtspLimits } from '../../../packages/engine/src/sources/rtsp/limits.js';
import { parseRtpInfo } from '../../../packages/engine/src/sources/rtsp/message/rtp-info.js';
import { parseRtspUrl, resolveControl } from '../../../packages/engine/src/sources/rtsp/message/rtsp-url.js';
import { parseSession } from '../../../packages/engine/src/sources/rtsp/message/session-header.js';
import { parseTransport } from '../../../packages/engine/src/sources/rtsp/message/transport-header.js';
import { TimelineOrigin } from '../../../packages/engine/src/sources/rtsp/rtp/track-clock.js';
import { TrackReceiver } from '../../../packages/engine/src/sources/rtsp/rtp/track-receiver.js';
import { parseSessionDescription } from '../../../packages/engine/src/sources/rtsp/sdp/session-description.js';
import { describeTracks } from '../../../packages/engine/src/sources/rtsp/sdp/track-description.js';
import { CollectingSink } from '../../../packages/engine/src/sources/rtsp/testing/collecting-sink.js';
import { replay } from '../../support/rtsp-replay.js';
import type { Target } from '../hostile-inputs.js';

const folder = new URL('../../rtsp/vectors/', import.meta.url);
const conversations = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)));

/** Offset of the frames of a conversation: behind the response to PLAY. */
function framesOf(conversation: Buffer): number {
  return conversation.indexOf('\r\n\r\n', conversation.indexOf('RTP-Info')) + 4;
}

const cameraTarget: Target = {
  name: 'camera',
  seeds: conversations.map((bytes) => bytes.subarray(0, framesOf(bytes) + 4000)),
  run(pieces) {
    const { log, sinks } = replay(pieces);
    return [...log, ...sinks.map(({ collected, aborted }) => `${aborted} ${JSON.stringify(collected)}`)];
  },
};

const text = (bytes: readonly Buffer[]): string => Buffer.concat(bytes).toString('latin1');

/** Notes a CloudPushError as an outcome; anything else is a bug and goes up. */
function noting(action: () => unknown): string {
  try {
    return JSON.stringify(action()) ?? 'undefined';
  } catch (error) {
    if (!(error instanceof CloudPushError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

const descriptions = conversations.map((bytes) => {
  const start = bytes.indexOf('v=0\r\n');
  return bytes.subarray(start, bytes.indexOf('RTSP/1.0', start));
});

const descriptionTarget: Target = {
  name: 'description',
  seeds: descriptions,
  run: (pieces) => [
    noting(() => describeTracks(parseSessionDescription(Buffer.concat(pieces), 16), 'rtsp://camera/')),
  ],
};

const headerTarget: Target = {
  name: 'header fields',
  seeds: [
    'Digest realm="a", nonce="b", qop="auth,auth-int", algorithm=SHA-256-sess, opaque="c", stale=true, Basic realm="d"',
    'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1FAA5E99;mode="PLAY"',
    'RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=192.0.2.1',
    'url=rtsp://camera/live/stream=0;seq=1;rtptime=3,url=rtsp://camera/live/stream=1;seq=2;rtptime=4',
    '5jY760Ddhp1BH.+d;timeout=60',
    'rtsp://user:pass@[2001:db8::1]:554/live/track1?x=y#z',
  ].map((seed) => Buffer.from(seed)),
  run(pieces) {
    const field = text(pieces);
    return [
      noting(() => parseChallenges([field]).map(readDigestChallenge)),
      noting(() => parseTransport(field)),
      noting(() => parseRtpInfo(field)),
      noting(() => parseSession(field) ?? null),
      noting(() => parseRtspUrl(field)),
      noting(() => resolveControl('rtsp://camera/live/', field)),
    ];
  },
};

const limits = {
  ...rtspLimits,
  maxAccessUnitBytes: 4000,
  maxNalUnits: 8,
  maxReorderPackets: 8,
  maxReorderBytes: 10_000,
};

/** The RTP packets of one conversation and track, each with its length in front. */
function packetsOf(conversation: Buffer, channel: number): Buffer {
  const packets: Buffer[] = [];
  for (let at = framesOf(conversation); at + 4 <= conversation.length; ) {
    const end = at + 4 + conversation.readUInt16BE(at + 2);
    if (conversation[at] !== 0x24 || end > conversation.length) break;
    if (conversation[at + 1] === channel) packets.push(conversation.subarray(at + 2, end));
    at = end;
  }
  return Buffer.concat(packets).subarray(0, 12_000);
}

/** Packets of a track, which come whole: what is cut is put together first. */
function trackTarget(conversation: Buffer, index: number): Target {
  const start = conversation.indexOf('v=0\r\n');
  const session = parseSessionDescription(
    conversation.subarray(start, conversation.indexOf('RTSP/1.0', start)),
    16,
  );
  const track = describeTracks(session, 'rtsp://camera/')[index]!;
  return {
    name: `${track.format.codec} packets`,
    seeds: [packetsOf(conversation, 2 * index)],
    run(pieces) {
      const sink = new CollectingSink();
      const warnings: string[] = [];
      const receiver = new TrackReceiver({
        track,
        sink,
        origin: new TimelineOrigin(),
        limits,
        handler: {
          onSenderReport: () => undefined,
          onWarning: (message) => warnings.push(message),
        },
      });
      const bytes = Buffer.concat(pieces);
      for (let at = 0, now = 0; at + 2 <= bytes.length; now += 7) {
        const end = Math.min(bytes.length, at + 2 + (bytes.readUInt16BE(at) % 2000));
        receiver.receiveRtp(bytes, at + 2, end, now);
        if (now >= receiver.deadline) receiver.expire(now);
        receiver.receiveRtcp(bytes, at + 2, end, now);
        at = end;
      }
      receiver.flush(1e6);
      const { accessUnits } = receiver.statistics;
      if (accessUnits !== sink.collected.length) throw new Error(`${accessUnits} counted`);
      for (const { units } of sink.collected) check(units);
      return [...warnings, JSON.stringify(receiver.statistics), JSON.stringify(sink.collected)];
    },
  };
}

function check(units: readonly Buffer[]): void {
  const bytes = units.reduce((sum, { length }) => sum + length, 0);
  if (bytes > limits.maxAccessUnitBytes + 200) throw new Error(`an access unit of ${bytes} bytes`);
}

export const targets: readonly Target[] = [
  cameraTarget,
  cameraTarget,
  descriptionTarget,
  headerTarget,
  ...conversations.flatMap((bytes) =>
    [0, 1]
      .filter((index) => index === 0 || bytes.includes('m=audio'))
      .map((index) => trackTarget(bytes, index)),
  ),
];
