import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type DestinationSettings, PushEngine, type SpoolOptions } from '@cloudpush/engine';
import { type CameraPacket, cameraPackets, trySend } from '../../engine/camera.js';
import { imbalances } from '../../engine/conservation/balance.js';
import { drained } from '../../engine/conservation/drain.js';
import { Ledger } from '../../engine/conservation/ledger.js';
import { Source } from '../../engine/conservation/source.js';
import { SpoolFolder } from '../../engine/conservation/spool-folder.js';
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
  readonly overflow: 'reject' | 'drop' | 'spool';
  /** With `overflow: 'spool'`. */
  readonly spool?: SpoolOptions;
  /** What lies on disk is waited for, before the channel is closed. */
  readonly drains?: boolean;
  /** Of the channel's queue. */
  readonly highWatermark?: number;
  /** Media may arrive other than it was sent, for RTMP has no checksum. */
  readonly mayAlter?: boolean;
}

export interface Outcome {
  /** Faults of the balance, in words. */
  readonly imbalances: string[];
  readonly injected: ReadonlyMap<string, number>;
  /** That were made through the network. */
  readonly connections: number;
  /** That went to disk. */
  readonly spooledBytes: number;
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
export async function runTrial(options: TrialOptions): Promise<Outcome> {
  const { seed, faults, overflow, mayAlter, highWatermark = 500_000 } = options;
  await using receiver = await RecordingReceiver.listen();
  await using proxy = await FaultProxy.listen({
    target: receiver.port,
    faults: (number) => connectionFaults(faults[number] ?? [], mix(seed, 0, number)),
  });
  await using folder = await SpoolFolder.make();
  const isSpooled = overflow === 'spool';
  const store = isSpooled ? { spool: folder.options } : {};
  const engine = await PushEngine.create({ maxConnections: 2, shards: 1, debugPool: true, ...store });
  const witness = engine.openChannel({ url: receiver.url('witness') });
  const ledger = new Ledger();
  const place = { url: proxy.url('victim'), overflow, ...PATIENCE };
  const spool = isSpooled ? { spool: { ...options.spool, series: 'victim' } } : {};
  const watermark = { highWatermark: { bytes: highWatermark, ms: 3_600_000 } };
  const channel = engine.openChannel({ ...place, ...spool, ...watermark });
  const outlet = outletOf(channel, ledger, isSpooled);
  const witnessed = sendAll(witness, witnessPackets());
  await sendThroughFaults(channel, ledger, proxy, faults.length, new Source(new Random(seed)));
  const witnessSent = await witnessed;
  if (options.drains) await drained(channel.destinations);
  await Promise.all([channel.close(), witness.close()]);
  await closeEmpty(engine);
  await folder.read();
  expectWhole(receiver.stream('witness'), witnessSent);
  return {
    imbalances: mayAlter ? [] : imbalances({ channel, ledger, receiver, outlets: [outlet], spool: folder }),
    injected: proxy.injected,
    connections: proxy.connections,
    spooledBytes: outlet.destination.stats().spool?.spooledBytes ?? 0,
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
