import { rtspLimits } from '../../packages/engine/src/sources/rtsp/limits.js';
import { RtspClient } from '../../packages/engine/src/sources/rtsp/rtsp-client.js';
import { CollectingSink } from '../../packages/engine/src/sources/rtsp/testing/collecting-sink.js';

/** Small, so that a hostile input can reach them. */
const limits = {
  ...rtspLimits,
  maxHeaders: 24,
  maxHeaderBytes: 2000,
  maxBodyBytes: 4000,
  maxAccessUnitBytes: 8000,
  maxNalUnits: 12,
  maxReorderPackets: 8,
  maxReorderBytes: 8000,
  maxEarlyMediaBytes: 10_000,
};

export interface Replay {
  /** The client's requests and reports, in order, in a form that can be compared. */
  readonly log: readonly string[];
  readonly sinks: readonly CollectingSink[];
  readonly client: RtspClient;
}

/**
 * Plays what a camera has said to a client. Nothing answers what the client asks for: the same bytes must
 * give the same, however they are cut. The clock advances by a millisecond for each 100 bytes.
 */
export function replay(pieces: readonly Uint8Array[], given = limits): Replay {
  const log: string[] = [];
  const sinks: CollectingSink[] = [];
  const io = {
    connect: ({ host, port }: { host: string; port: number }) => void log.push(`connect ${host}:${port}`),
    write: (bytes: Uint8Array) => void log.push(Buffer.from(bytes).toString('latin1')),
    close: () => void log.push('close'),
    bindUdp: (track: number) => void log.push(`bind ${track}`),
    openUdp: (track: number) => void log.push(`open ${track}`),
    closeUdp: () => void log.push('close udp'),
    sendDatagram: (track: number) => void log.push(`datagram ${track}`),
  };
  const options = {
    url: 'rtsp://user:password@camera/live',
    transport: 'auto',
    requestTimeout: 10_000,
    userAgent: 'test',
    limits: given,
    random: (target: Uint8Array) => void target.fill(7),
  } as const;
  const client = new RtspClient(options, io, {
    onDescribed: (tracks) => {
      log.push(JSON.stringify(tracks));
      return tracks.map(({ index }) => {
        sinks[index] = new CollectingSink();
        return sinks[index];
      });
    },
    onPlaying: (transport) => void log.push(`playing ${transport}`),
    onWarning: (message) => void log.push(message),
    onEnded: (error) => void log.push(`ended ${error?.code} ${error?.message}`),
  });
  client.start(0);
  client.connected(0);
  let bytes = 0;
  for (const piece of pieces) {
    // In steps, so that the time of a byte does not depend on the piece that it is in.
    for (let at = 0; at < piece.length; ) {
      const end = Math.min(piece.length, at + 100 - (bytes % 100));
      const now = Math.floor(bytes / 100);
      client.receive(piece.subarray(at, end), now);
      client.connected(now);
      bytes += end - at;
      at = end;
      if (bytes % 100 === 0) client.tick(now + 1);
    }
  }
  client.tick(1e7);
  client.close(1e7);
  return { log, sinks, client };
}
