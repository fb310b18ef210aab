import { AUDIO_RATE, loadLoop, PICTURE_BYTES, VIDEO_RATE } from '../../engine/media.js';
import { buildPeer, runJson, Sink } from '../../support/peers.js';
import type { Contestant } from '../experiment.js';

interface FloorResult {
  readonly bytes: number;
  readonly packets: number;
  readonly seconds: number;
  readonly user: number;
  readonly system: number;
}

/** The channels, and the bytes of a picture on average, at an x. */
interface FloorUse {
  readonly channels: number;
  readonly pictureBytes?: number;
}

/**
 * -t: one sleep a millisecond, and a `write()` for each packet; -r: sound rides in a `writev()`; -u: no
 * sleep.
 */
export type FloorMode = '-t' | '-r' | '-u';

/** A C program that writes packets of the stream's sizes to plain sockets, and does nothing else. */
export function floor(name: string, mode: FloorMode, use: (x: number) => FloorUse): Contestant {
  return {
    name,
    needs: 'cc',
    measure: async (x, { seconds }) => {
      const { channels, pictureBytes = PICTURE_BYTES } = use(x);
      const { videoBytes, keyBytes, audioBytes, group } = loadLoop(pictureBytes);
      const rates = [videoBytes, VIDEO_RATE, audioBytes, AUDIO_RATE, keyBytes, group];
      const sink = await Sink.raw();
      try {
        const args = [sink.port, channels, seconds, ...rates].map(String);
        const result = await runJson<FloorResult>(await buildPeer('floor_sender'), [mode, ...args]);
        const cpu = result.user + result.system;
        return {
          cpuPerPacket: (cpu * 1e6) / result.packets,
          cores: cpu / result.seconds,
          cpuPerGigabyte: cpu / (result.bytes / 1e9),
          gigabytesPerSecond: result.bytes / 1e9 / result.seconds,
        };
      } finally {
        await sink.stop();
      }
    },
  };
}
