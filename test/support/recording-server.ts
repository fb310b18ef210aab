import { CloudpushReceiver } from './cloudpush-receiver.js';
import { FfmpegServer } from './ffmpeg.js';
import { NginxRtmp } from './nginx.js';
import { NodeMediaServerPeer } from './node-media-server.js';
import type { PeerName } from './peers.js';
import type { TempFolder } from './temp.js';

/** A server that records what it gets: its URL, and the complete recording once the publisher has gone. */
interface RecordingServer extends AsyncDisposable {
  url(stream: string): string;
  recording(stream: string): Promise<string>;
}

/** A kind of server, and how one is started with its recordings in a folder. */
export interface RecordingServerKind {
  name: string;
  peer: PeerName;
  start(folder: TempFolder): Promise<RecordingServer>;
}

export const foreignServers = {
  nginxRtmp: {
    name: 'nginx-rtmp',
    peer: 'nginx-rtmp',
    start: (folder) => NginxRtmp.start(folder.path),
  },
  nodeMediaServer: {
    name: 'node-media-server',
    peer: 'node-media-server',
    start: (folder) => NodeMediaServerPeer.start(folder.path),
  },
  ffmpegListen: {
    name: 'ffmpeg -listen',
    peer: 'ffmpeg',
    start: (folder) => FfmpegServer.start(folder.file('recording.flv')),
  },
} as const satisfies Record<string, RecordingServerKind>;

/** Our own, as a user runs it. */
export const embeddedReceiver: RecordingServerKind = {
  name: 'cloudpush receive',
  peer: 'ffmpeg',
  start: (folder) => CloudpushReceiver.start(folder.file('recordings')),
};
