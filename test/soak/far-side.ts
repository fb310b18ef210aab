// The network and the server of a soak, in a process of their own: faulty paths, one a channel, and a
// receiver that knows every packet.

import { type ReceivedMessage, RtmpReceiver } from '@cloudpush/transport';
import { isSequenceHeader } from '../engine/sequence-header.js';
import { FaultProxy } from '../faults/proxy/fault-proxy.js';
import { connectionFaults } from '../faults/schedule/fault.js';
import { faultsFor, mix } from '../faults/schedule/schedule.js';
import { Random } from '../fuzz/transport/random.js';
import { AUDIO, type FarReport, type FarRequest, type Stretch, VIDEO } from './far-report.js';
import { idOf } from './packets.js';

const SCHEDULE = { reach: 400_000, longestStall: 1500, healthy: 10 };
/** A connection that is only slow would last for ever: so often, in ms, one is reset. */
const RESET_INTERVAL = 250;

const [seed, channels] = process.argv.slice(2).map(Number) as [number, number];
const random = new Random(seed);
const stretches: Stretch[][] = Array.from({ length: channels }, () => []);

const receiver = await RtmpReceiver.listen(
  { port: 0, maxConnections: 65_535 },
  {
    onPublish: ({ streamName }) => {
      const channel = Number(streamName.slice(1));
      const stretch: Stretch = { first: -1, last: -1, pictures: 0, frames: 0, altered: 0, disordered: 0 };
      stretches[channel]!.push(stretch);
      return { onMessage: (message) => note(channel, stretch, message) };
    },
  },
);
const paths = await Promise.all(
  stretches.map((_, path) =>
    FaultProxy.listen({
      target: receiver.address.port,
      faults: (number) => connectionFaults(faultsFor(seed, path, number, SCHEDULE), mix(seed, path, number)),
    }),
  ),
);
let resets = 0;
const resetting = setInterval(() => {
  paths[random.below(channels)]!.reset();
  resets++;
}, RESET_INTERVAL);

function note(channel: number, stretch: Stretch, message: ReceivedMessage): void {
  const { type, payload } = message;
  if ((type !== VIDEO && type !== AUDIO) || isSequenceHeader(message)) return;
  const id = idOf(channel, payload);
  if (id === undefined) {
    stretch.altered++;
    return;
  }
  if (id <= stretch.last) stretch.disordered++;
  if (stretch.first < 0) stretch.first = id;
  stretch.last = id;
  if (type === VIDEO) stretch.pictures++;
  else stretch.frames++;
}

function report(): FarReport {
  const injected: Record<string, number> = { reset: resets };
  for (const path of paths)
    for (const [kind, count] of path.injected) injected[kind] = (injected[kind] ?? 0) + count;
  const connections = paths.reduce((sum, path) => sum + path.connections, 0);
  return { injected, connections, stretches };
}

process.on('message', (request: FarRequest) => {
  clearInterval(resetting);
  if (request === 'heal') for (const path of paths) path.heal();
  else process.send!({ report: report() }, () => process.exit());
});
process.send!({ urls: paths.map((path, channel) => path.url(`c${channel}`)) });
