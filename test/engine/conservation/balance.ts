import type { Channel } from '@cloudpush/engine';
import type { ArrivedStream, RecordingReceiver } from '../recording-receiver.js';
import { type Arrival, arrivals } from './arrivals.js';
import type { Ledger } from './ledger.js';
import type { Kind } from './source.js';
import { checkSpooled } from './spooled-balance.js';
import { type BalancedOutlet, checkOrder, checkStream, type Say } from './stream-checks.js';

/** A channel that has ended, and what arrived at its destinations. */
export interface Balanced {
  readonly channel: Pick<Channel, 'stats'>;
  /** Packets that were sent to it. */
  readonly ledger: Ledger;
  readonly outlets: readonly BalancedOutlet[];
  readonly receiver: Pick<RecordingReceiver, 'streams'> & Partial<Pick<RecordingReceiver, 'all'>>;
  /** Undefined: there are no disk spools. */
  readonly spool?: { kept(series: string): ArrivedStream[] };
}

/**
 * Differences in the balance, in words; nothing when every accepted packet has arrived, or is counted with a
 * cause.
 */
export function imbalances({ outlets, receiver, ledger, channel, spool }: Balanced): string[] {
  const faults: string[] = [];
  for (const outlet of outlets) {
    const say = (text: string): void => void faults.push(`${outlet.name}: ${text}`);
    try {
      if (outlet.isSpooled) {
        const gaps = receiver.all!.filter(({ name }) => name.startsWith(`${outlet.name}-gap-`));
        const streams = [...receiver.streams(outlet.name), ...gaps, ...spool!.kept(outlet.name)];
        checkSpooled(outlet, streams, ledger, say);
      } else checkOutlet(outlet, receiver.streams(outlet.name), ledger, say);
    } catch (error) {
      say((error as Error).message);
    }
  }
  const { packetsBetweenSegments, packetsInvalid } = channel.stats();
  if (packetsBetweenSegments !== ledger.between)
    faults.push(`${ledger.between} packets came between segments, counted: ${packetsBetweenSegments}`);
  if (packetsInvalid !== 0) faults.push(`${packetsInvalid} packets counted as invalid`);
  return faults;
}

function checkOutlet(outlet: BalancedOutlet, streams: ArrivedStream[], ledger: Ledger, say: Say): void {
  const arrived = streams.map((stream) => arrivals(stream, ledger)).filter((stream) => stream.length > 0);
  // A stream that has moved may be published elsewhere before the last of it has arrived at the old place.
  arrived.sort(([a], [b]) => a!.id - b!.id);
  checkOrder(arrived.flat(), outlet, say);
  for (const stream of arrived) checkStream(stream, ledger, say);
  checkCounts(outlet, arrived, ledger, say);
}

function checkCounts(outlet: BalancedOutlet, streams: readonly Arrival[][], ledger: Ledger, say: Say): void {
  const stats = outlet.destination.stats();
  const { droppedDisposable, droppedPictures, droppedUndecodable, droppedAudio, lostPictures, lostAudio } =
    stats;
  const counts = {
    video: {
      sent: stats.videoFrames,
      dropped: droppedDisposable + droppedPictures + droppedUndecodable,
      lost: lostPictures,
    },
    audio: { sent: stats.audioFrames, dropped: droppedAudio, lost: lostAudio },
  };
  const arrived = new Set(streams.flat().map(({ id }) => id));
  for (const kind of ['video', 'audio'] as const) {
    const { sent, dropped, lost } = counts[kind];
    const owed = ledger.owed(kind, outlet.from, outlet.to).length;
    const got = [...arrived].filter((id) => ledger.entries[id]!.packet.kind === kind).length;
    const said = `${kind}: ${owed} owed, ${sent} handed over, ${dropped} dropped, ${lost} lost, ${got} arrived`;
    const counted = sent + dropped + lost;
    // The worker thread hears of an abort before what was sent before it, and the source of the end after
    // what it has sent since.
    if (outlet.aborted ? counted > owed : counted !== owed) say(said);
    if (got > sent || (outlet.report?.clean === true && (got !== sent || lost > 0))) say(said);
    const missing = missingWithin(streams, kind, ledger, arrived);
    if (missing > dropped) say(`${said}; ${missing} are missing in the midst of streams`);
  }
  checkData(outlet, streams, ledger, arrived, say);
}

/** Data messages are never dropped. */
function checkData(
  outlet: BalancedOutlet,
  streams: readonly Arrival[][],
  ledger: Ledger,
  arrived: ReadonlySet<number>,
  say: Say,
): void {
  const missing = missingWithin(streams, 'data', ledger, arrived);
  if (missing > 0) say(`${missing} data messages are missing in the midst of streams`);
  if (outlet.report?.clean !== true) return;
  for (const { id } of ledger.owed('data', outlet.from, outlet.to))
    if (!arrived.has(id)) say(`data message ${id} is missing, after a clean end`);
}

/** Packets accepted between a stream's first and its last that have not arrived. */
function missingWithin(
  streams: readonly Arrival[][],
  kind: Kind,
  ledger: Ledger,
  arrived: ReadonlySet<number>,
): number {
  const missing = streams.flatMap((stream) =>
    ledger.owed(kind, stream[0]!.id, stream.at(-1)!.id).filter(({ id }) => !arrived.has(id)),
  );
  return missing.length;
}
