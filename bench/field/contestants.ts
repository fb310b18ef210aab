import { fileURLToPath } from 'node:url';
import { AUDIO_RATE, loadLoop, VIDEO_RATE } from '../engine/media.js';
import { buildPeer } from '../support/peers.js';

/** The media of a contestant, and its server. */
export interface FieldTask {
  readonly port: number;
  readonly channels: number;
  /** It may take longer, and is then ended. */
  readonly seconds: number;
  /** The stream as an FLV file. */
  readonly clip: string;
}

/** A process's program and arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** A way to push many channels. */
export interface Contestant {
  readonly name: string;
  /** `raw`: it writes bytes and speaks no RTMP. */
  readonly sink: 'rtmp' | 'raw';
  /** The processes that it takes. */
  commands(task: FieldTask): Promise<readonly CommandLine[]>;
}

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A Node.js program of this folder or of `../engine`, with the options that all of them take. */
function node(path: string, { port, channels, seconds }: FieldTask, ...more: string[]): CommandLine {
  const options = ['--port', port, '--channels', channels, '--seconds', seconds].map(String);
  return [process.execPath, script(path), ...options, ...more];
}

const urlOf = (port: number, channel: number): string => `rtmp://127.0.0.1:${port}/bench/${channel}`;
const each = <T>(channels: number, make: (channel: number) => T): T[] =>
  Array.from({ length: channels }, (_, i) => make(i));

const FFMPEG = ['ffmpeg', '-nostdin', '-loglevel', 'error', '-re', '-i'] as const;
const ffmpegOutput = (url: string): string[] => ['-map', '0', '-c', 'copy', '-f', 'flv', url];

function gstreamer(clip: string, url: string): CommandLine {
  const sink = `flvmux name=mux streamable=true ! rtmp2sink location=${url} sync=true`;
  const pipeline = `filesrc location=${clip} ! flvdemux name=demux ${sink} demux.video ! queue ! mux.video demux.audio ! queue ! mux.audio`;
  return ['gst-launch-1.0', '-q', ...pipeline.split(' ')];
}

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'C, one `write()` a packet',
    sink: 'raw',
    commands: async ({ port, channels, seconds }) => {
      const { videoBytes, keyBytes, audioBytes, group } = loadLoop();
      const rates = [videoBytes, VIDEO_RATE, audioBytes, AUDIO_RATE, keyBytes, group];
      return [[await buildPeer('floor_sender'), ...[port, channels, seconds, ...rates].map(String)]];
    },
  },
  {
    name: 'cloudpush',
    sink: 'rtmp',
    commands: async (task) => [node('../engine/push.js', task, '--warm-up', '0')],
  },
  {
    name: 'cloudpush, window of 100 ms',
    sink: 'rtmp',
    commands: async (task) => [node('../engine/push.js', task, '--warm-up', '0', '--max-batch-delay', '100')],
  },
  {
    name: 'Node.js, one thread, `Buffer.concat`',
    sink: 'rtmp',
    commands: async (task) => [node('./single-thread.js', task)],
  },
  {
    name: 'Node.js, one piscina task a packet',
    sink: 'rtmp',
    commands: async (task) => [node('./task-per-packet.js', task)],
  },
  {
    name: 'ffmpeg, one process for all channels',
    sink: 'rtmp',
    commands: async ({ port, channels, clip }) => [
      [...FFMPEG, clip, ...each(channels, (i) => ffmpegOutput(urlOf(port, i))).flat()],
    ],
  },
  {
    name: 'ffmpeg, one process a channel',
    sink: 'rtmp',
    commands: async ({ port, channels, clip }) =>
      each(channels, (i) => [...FFMPEG, clip, ...ffmpegOutput(urlOf(port, i))]),
  },
  {
    name: 'GStreamer `rtmp2sink`, one process a channel',
    sink: 'rtmp',
    commands: async ({ port, channels, clip }) => each(channels, (i) => gstreamer(clip, urlOf(port, i))),
  },
];
