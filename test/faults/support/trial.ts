import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type DestinationSettings, PushEngine } from '@cloudpush/engine';
import { type CameraPacket, cameraPackets, trySend } from '../../engine/camera.js';
import { imbalances } from '../../engine/conservation/balance.js';
import { Ledger } from '../../engine/conservation/ledger.js';
import { Source } from '../../engine/conservation/source.js';
import { closeEmpty, expectWhole } from '../../engine/expectations.js';
import { RecordingReceiver } from '../../engine/recording-receiver.js';
import { Random } from '../../fuzz/transport/random.js';
import { FaultProxy } from '../proxy/fault-proxy.js';
import { connectionFaults, type Fault } from '../schedule/fault.js';
import { mix } from '../schedule/schedule.js';
import { outletOf } from './outlet.js';

export interface TrialOptions {
  readonly seed: number;
  /** The faults of each connection that has any; those behind them have none. */
  readonly faults: readonly (readonly Fault[])[];
  readonly overflow: 'reject' | 'drop';
  /** Media may arrive other than it was sent, for RTMP has no checksum. */
  readonly mayAlter?: boolean;
}

export interface Outcome {
  /** Faults of the balance, in words. */
  readonly imbalances: string[];
  readonly injected: ReadonlyMap<string, number>;
  /** That were made through the network. */
  readonly connections: number;
}

/**
 * Short enough for a test, and long enough for a busy machine: a connection that is lost in vain is made
 * again.
 */
const PATIENCE: DestinationSettings = {
  reconnect: { maxAttempts: 1_000_000, maxRefusals: 1_000_000, initialDelay: 1, maxDelay: 20 },
  connectTimeout: 1000,
  stallTimeout: 700,
  closeTimeout: 20_000,
};
/**
 * Packets that a connection may take, once it publishes or something is wrong with it, before it is reset:
 * one that is only slow would never be lost.
 */
const MOST_PACKETS = 80;
const WITNESS_PACKETS = 200;
/** Packets between two breaths. */
const BATCH = 4;

/**
 * Sends a channel through a network with faults, and another one beside it, in the same thread, through none:
 * what was accepted is accounted for, and the other never notices.
 */
export async function runTrial({ seed, faults, overflow, mayAlter }: TrialOptions): Promise<Outcome> {
  await using receiver = await RecordingReceiver.listen();
  await using proxy = await FaultProxy.listen({
    target: receiver.port,
    faults: (number) => connectionFaults(faults[number] ?? [], mix(seed, 0, number)),
  });
  const engine = await PushEngine.create({ maxConnections: 2, shards: 1, debugPool: true });
  const witness = engine.openChannel({ url: receiver.url('witness') });
  const ledger = new Ledger();
  const place = { url: proxy.url('victim'), overflow, ...PATIENCE };
  const channel = engine.openChannel({ ...place, highWatermark: { bytes: 500_000, ms: 3_600_000 } });
  const outlet = outletOf(channel, ledger);
  const witnessed = sendAll(witness, witnessPackets());
  await sendThroughFaults(channel, ledger, proxy, faults.length, new Source(new Random(seed)));
  const witnessSent = await witnessed;
  await Promise.all([channel.close(), witness.close()]);
  await closeEmpty(engine);
  expectWhole(receiver.stream('witness'), witnessSent);
  return {
    imbalances: mayAlter ? [] : imbalances({ channel, ledger, receiver, outlets: [outlet] }),
    injected: proxy.injected,
    connections: proxy.connections,
  };
}

/** Until every connection with faults has been lost, and some more packets have been sent behind them. */
async function sendThroughFaults(
  channel: Channel,
  ledger: Ledger,
  proxy: FaultProxy,
  faulty: number,
  source: Source,
): Promise<void> {
  let at = 0;
  let sent = 0;
  let offered = 0;
  while (at <= faulty || sent < MOST_PACKETS) {
    const packet = source.next();
    const { kind, data, pts } = packet;
    const isTaken =
      kind === 'data' ? channel.sendPrivateData(data, { pts }) : trySend(channel, packet as CameraPacket);
    ledger.note(packet, isTaken, 1);
    if (proxy.isLatestFaulty || channel.stats().state === 'publishing') sent++;
    if (!isTaken) await roomOrLoss(channel);
    else if (++offered % BATCH === 0) await sleep(1);
    if (sent >= MOST_PACKETS && at <= faulty) proxy.reset();
    if (proxy.connections > at) {
      at = proxy.connections;
      sent = 0;
    }
  }
}

/** Room, or a loss of the connection, whichever comes first: a server that reads nothing may make none. */
async function roomOrLoss(channel: Channel): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([channel.writable(signal), once(channel, 'disconnect', { signal })]).finally(() =>
    over.abort(),
  );
}

async function sendAll(channel: Channel, packets: readonly CameraPacket[]): Promise<readonly CameraPacket[]> {
  for (const [i, packet] of packets.entries()) {
    while (!trySend(channel, packet)) await channel.writable();
    if (i % BATCH === 0) await sleep(1);
  }
  return packets;
}

function witnessPackets(): CameraPacket[] {
  const clip = cameraPackets();
  return Array.from({ length: WITNESS_PACKETS }, (_, i) => {
    const packet = clip[i % clip.length]!;
    return { ...packet, pts: packet.pts + Math.floor(i / clip.length) * 3200 };
  });
}
