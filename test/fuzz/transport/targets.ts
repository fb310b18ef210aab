import { readFileSync } from 'node:fs';
import {
  type AmfValue,
  ChunkReader,
  decodeAmf0,
  EcmaArray,
  encodeAmf0,
  PublishSession,
  ReceiveSession,
  RtmpError,
  readTracks,
  type TransportLimits,
} from '@cloudpush/transport';
import type { Target } from '../hostile-inputs.js';
import type { Random } from './random.js';

/** Small, so that a hostile input can reach them. */
const LIMITS: TransportLimits = {
  maxMessageBytes: 20_000,
  maxAssemblyBytes: 40_000,
  maxChunkStreams: 8,
  maxMessageStreams: 4,
  maxUnreadReplyBytes: 10_000,
  maxCommandBytes: 10_000,
  maxAmfDepth: 8,
  maxAmfValues: 500,
};

const HANDSHAKE = 3073;

function recorded(name: string): Buffer {
  return readFileSync(new URL(`../../transport/vectors/${name}.bin`, import.meta.url));
}

/** Notes an RtmpError as an outcome; anything else is a bug and goes up. */
function noting(outcome: string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RtmpError)) throw error;
    outcome.push(`${error.code} ${error.message}`);
  }
}

const conversations = ['ffmpeg-nginx', 'ffmpeg-nms', 'librtmp-nginx', 'rtmp2sink-ffmpeg', 'rtmp2sink-nginx'];
const clients = conversations.map((name) => recorded(`${name}.client`).subarray(0, HANDSHAKE + 1500));
const servers = conversations.map((name) => recorded(`${name}.server`));
const random = (target: Uint8Array): void => void target.fill(7);
const now = (): number => 0;

/** A peer that leaves out the extended timestamp on format 3, before payload that begins like it. */
const withoutExtendedTimestamps = Buffer.concat(
  ['01555555', '01025555', '01020355', '01020304'].map((beginning) =>
    Buffer.concat([
      Buffer.from('06ffffff0000c8090100000001020304', 'hex'),
      Buffer.alloc(128, 0x55),
      Buffer.from(`c6${beginning}`, 'hex'),
      Buffer.alloc(68, 0x55),
    ]),
  ),
);

function sumOf(payload: Uint8Array): number {
  let sum = 0;
  for (const byte of payload) sum = (Math.imul(sum, 31) + byte) | 0;
  return sum;
}

const chunkReader: Target = {
  name: 'chunk reader',
  seeds: [
    ...[...clients, ...servers].map((bytes) => bytes.subarray(HANDSHAKE)),
    withoutExtendedTimestamps,
    withoutExtendedTimestamps,
  ],
  run(pieces) {
    const outcome: string[] = [];
    const reader = new ChunkReader(
      {
        onMessage: (type, id, timestamp, payload) => {
          outcome.push(`${type} ${id} ${timestamp} ${payload.length} ${sumOf(payload)}`);
        },
      },
      LIMITS,
    );
    noting(outcome, () => {
      for (const piece of pieces) {
        reader.push(piece);
        if (reader.assemblyBytes > LIMITS.maxAssemblyBytes) throw new Error('more memory than permitted');
      }
    });
    if (reader.assemblyBytes < 0) throw new Error('negative memory');
    return outcome;
  },
};

function publishSession(handshake: 'simple' | 'digest'): Target['run'] {
  return (pieces) => {
    const outcome: string[] = [];
    const session = new PublishSession(
      {
        connectObject: { app: 'live', tcUrl: 'rtmp://h/live' },
        connectArguments: [],
        streamName: 'camera7',
        publishType: 'live',
        handshake,
        digestScheme: 1,
        profile: 'auto',
        chunkSize: undefined,
        timeouts: { handshake: 1, connect: 1, createStream: 1, publish: 1 },
        limits: LIMITS,
        random,
        now,
      },
      { push: () => undefined },
      {
        onPublishing: () => void outcome.push('publishing'),
        onStatus: ({ code, level }) => void outcome.push(`status ${level} ${code}`),
        onCommand: (name) => void outcome.push(`command ${name}`),
        onReconnectRequest: ({ tcUrl }) => void outcome.push(`reconnect ${tcUrl}`),
        onFailure: (error) => {
          if (error.cause !== undefined && !(error.cause instanceof RtmpError)) throw error.cause;
          outcome.push(`${error.code} ${error.class} ${error.stage}`);
        },
      },
    );
    session.start();
    for (const piece of pieces) session.receive(piece);
    outcome.push(session.state);
    return outcome;
  };
}

const hostileServer: Target = {
  name: 'publish session',
  seeds: servers,
  run: publishSession('simple'),
};

const hostileDigestServer: Target = {
  name: 'client digest handshake',
  seeds: servers.map((bytes) => bytes.subarray(0, HANDSHAKE + 20)),
  run: publishSession('digest'),
};

function receiveSession(handshake: 'simple' | 'auto'): Target['run'] {
  return (pieces) => {
    const outcome: string[] = [];
    const session = new ReceiveSession(
      {
        handshake,
        chunkSize: 4096,
        windowAcknowledgementSize: 2_500_000,
        firstMessageStreamId: 1,
        releaseStreamAnswer: '_result',
        connectInfo: {},
        connectProperties: {},
        acknowledges: true,
        setupTimeout: 1000,
        limits: LIMITS,
        random,
        now,
      },
      { push: () => undefined },
      {
        onConnect: ({ app }) => {
          outcome.push(`connect ${app}`);
          return 'accept';
        },
        onCreateStream: () => 'accept',
        onPublish: ({ streamName }) => {
          outcome.push(`publish ${streamName}`);
          return 'accept';
        },
        onPublished: () => undefined,
        onMessage: (id, type, timestamp, payload) => {
          outcome.push(`${id} ${type} ${timestamp} ${payload.length}`);
        },
        onUnpublish: (id) => void outcome.push(`unpublish ${id}`),
        onCommand: (name) => void outcome.push(`command ${name}`),
        onFailure: (error) => {
          if (error?.cause !== undefined && !(error.cause instanceof RtmpError)) throw error.cause;
          outcome.push(`${error?.code} ${error?.stage}`);
        },
      },
    );
    for (const piece of pieces) session.receive(piece);
    if (session.channel.assemblyBytes > LIMITS.maxAssemblyBytes)
      throw new Error('more memory than permitted');
    return outcome;
  };
}

const hostileClient: Target = {
  name: 'receive session',
  seeds: clients,
  run: receiveSession('simple'),
};

const hostileDigestClient: Target = {
  name: 'server digest handshake',
  seeds: clients.map((bytes) => bytes.subarray(0, HANDSHAKE + 20)),
  run: receiveSession('auto'),
};

const sample: AmfValue[] = [
  'connect',
  1,
  { app: 'live', n: null, list: [1, 'two', { three: true }], when: new Date(0) },
  new EcmaArray({ width: 1920, encoder: 'x' }),
];

/** Decodes, and what can be decoded must survive being encoded and decoded again. */
const amf: Target = {
  name: 'AMF0 and AMF3',
  seeds: [
    encodeAmf0(...sample),
    encodeAmf0([[[1]]], new Date(5), 'x'.repeat(70_000).slice(0, 200), undefined),
    Buffer.from(
      '11090501030211 0a0b01036104050111060761626311 0c0701020311 0a130343036106076162630a01'.replaceAll(
        ' ',
        '',
      ),
      'hex',
    ),
  ],
  run(pieces) {
    const outcome: string[] = [];
    noting(outcome, () => {
      const values = decodeAmf0(Buffer.concat(pieces), LIMITS);
      outcome.push(`${values.length} values`);
      let again: Buffer;
      try {
        again = encodeAmf0(...values);
      } catch (error) {
        // AMF3 has bytes, and its strings can be longer keys than AMF0's
        if (error instanceof RtmpError && /bytes|key/.test(error.message)) return;
        throw error;
      }
      if (!encodeAmf0(...decodeAmf0(again, { ...LIMITS, maxAmfDepth: 64 })).equals(again)) {
        throw new Error('decoding what was encoded gives something else');
      }
    });
    return outcome;
  },
};

const tracks: Target = {
  name: 'multitrack',
  seeds: [
    Buffer.from('970200000106216176303100000001aa6876633101000002bbcc', 'hex'),
    Buffer.from('9611617630310000 0002aabb01000001cc'.replaceAll(' ', ''), 'hex'),
  ],
  run(pieces) {
    const outcome: string[] = [];
    const body = Buffer.concat(pieces);
    for (const type of [8, 9]) {
      noting(outcome, () => {
        for (const track of readTracks(type, body)) outcome.push(`${track.trackId} ${track.body.length}`);
      });
    }
    return outcome;
  },
};

/** All targets, with how often each is drawn: the sessions cost the most and hide the most. */
export const targets: readonly Target[] = [
  chunkReader,
  chunkReader,
  chunkReader,
  hostileServer,
  hostileServer,
  hostileClient,
  hostileClient,
  hostileDigestServer,
  hostileDigestClient,
  amf,
  amf,
  tracks,
];

/** A mutation may hit the handshake: mostly leave that alone, so that what follows is reached. */
export function splitSeed(target: Target, seed: Buffer, randomly: Random): [Buffer, Buffer] {
  const behind = target === hostileServer || target === hostileClient;
  const keep = behind && randomly.chance(95) ? HANDSHAKE : 0;
  return [seed.subarray(0, keep), seed.subarray(keep)];
}
