import type { ArrivedStream } from '../recording-receiver.js';
import { type Arrival, arrivals } from './arrivals.js';
import type { Ledger } from './ledger.js';
import { type BalancedOutlet, checkOrder, checkStream, type Say } from './stream-checks.js';

/**
 * Accounts for a destination with a disk spool: each packet has arrived with some stream, or lies on disk, or is counted. What a
 * server may not have is sent again: streams overlap, and each is whole.
 */
export function checkSpooled(
  outlet: BalancedOutlet,
  streams: readonly ArrivedStream[],
  ledger: Ledger,
  say: Say,
): void {
  const found = streams.map((stream) => arrivals(stream, ledger)).filter(({ length }) => length > 0);
  for (const stream of found) {
    checkOrder(stream, outlet, say);
    checkStream(stream, ledger, say);
  }
  for (const kind of ['video', 'audio'] as const) checkCounts(outlet, kind, found, ledger, say);
}

function checkCounts(
  outlet: BalancedOutlet,
  kind: 'video' | 'audio',
  found: readonly Arrival[][],
  ledger: Ledger,
  say: Say,
): void {
  const stats = outlet.destination.stats();
  const spool = stats.spool!;
  const { sent, spooled, dropped, lost } =
    kind === 'video'
      ? {
          sent: stats.videoFrames,
          spooled: spool.spooledVideoFrames,
          dropped: stats.droppedDisposable + stats.droppedPictures + stats.droppedUndecodable,
          lost: stats.lostPictures,
        }
      : {
          sent: stats.audioFrames,
          spooled: spool.spooledAudioFrames,
          dropped: stats.droppedAudio,
          lost: stats.lostAudio,
        };
  const owed = ledger.owed(kind, outlet.from, outlet.to);
  const ids = new Set(found.flat().map(({ id }) => id));
  const missing = owed.filter(({ id }) => !ids.has(id) && !isInFront(id, ledger)).map(({ id }) => id);
  const counted = sent + spooled + dropped + lost;
  const said =
    `${kind}: ${owed.length} owed, ${sent} sent, ${spooled} spooled, ${dropped} dropped, ${lost} lost, ` +
    `${spool.lostBytes} bytes lost on disk`;
  if (outlet.aborted ? counted > owed.length : counted !== owed.length) say(said);
  // Sound whose pictures were dropped is sent, and not kept.
  const isKept = kind === 'video' || stats.droppedPictures + stats.droppedUndecodable === 0;
  if (isKept && spool.lostBytes === 0 && !outlet.aborted && missing.length > dropped + lost)
    say(`${said}; ${missing.length} missing, the last: ${missing.slice(-20).join(' ')}`);
}

/** Sound in front of a segment's first picture is sent, and not kept: a gap begins at a key frame. */
function isInFront(id: number, { entries }: Ledger): boolean {
  const { segment, packet } = entries[id]!;
  if (packet.kind !== 'audio') return false;
  const first = entries.find(
    (entry) => entry.segment === segment && entry.accepted && entry.packet.kind === 'video',
  );
  return first === undefined || id < first.packet.id;
}
