import { resolve } from 'node:path';
import { bytes, count, facts, plural, rounded, table } from '../../terminal/format.js';
import type { PushOutcome } from '../push/push-run.js';
import { latencyText, sentText, totalsOf } from '../push/summary.js';
import type { ChannelVerdict } from './verify.js';

/** Of many differences, the first few show what happened. */
const MAX_SHOWN = 5;

/** The verdict for people: a table, facts, and what differs. */
export function verdictText(
  outcome: PushOutcome,
  verdicts: readonly ChannelVerdict[],
  folder: string,
  columns?: number,
): string {
  const rows = verdicts.map(({ outcome: channel, recording, framesReceived, matched, ok }) => [
    String(channel.number),
    channel.videoFrames,
    channel.audioFrames,
    framesReceived,
    matched,
    bytes(recording?.bytes ?? 0),
    ok ? 'identical' : 'DIFFERENT',
  ]);
  const head = ['channel', 'video sent', 'audio sent', 'received', 'identical', 'media', 'result'];
  const totals = totalsOf(outcome);
  const summary = facts([
    ['sent', sentText(totals.bytesSent, outcome.elapsed)],
    ['CPU a frame', `${(totals.cpuPerFrame * 1000).toFixed(0)} µs, all threads of the pusher`],
    ['latency', latencyText(outcome)],
    ['recordings', resolve(folder)],
  ]);
  return [
    table(head, rows, columns, ['media', 'audio sent', 'video sent', 'received', 'identical']),
    summary,
    ...verdicts.flatMap(differenceLines),
    conclusion(verdicts),
  ].join('\n');
}

function differenceLines(verdict: ChannelVerdict): string[] {
  const { outcome, differences, problems } = verdict;
  const lines = differences
    .slice(0, MAX_SHOWN)
    .map(
      ({ track, frame, kind, detail }) =>
        `  channel ${outcome.number}, ${track} frame ${frame}: ${kind}, ${detail}`,
    );
  if (differences.length > MAX_SHOWN) {
    lines.push(`  channel ${outcome.number}: ${plural(differences.length - MAX_SHOWN, 'more difference')}`);
  }
  for (const problem of problems) {
    lines.push(`  channel ${outcome.number}: ${problem}`);
  }
  return lines;
}

function conclusion(verdicts: readonly ChannelVerdict[]): string {
  const failed = verdicts.filter(({ ok }) => !ok);
  const frames = verdicts.reduce((sum, { framesSent }) => sum + framesSent, 0);
  if (verdicts.length === 0) return 'Nothing was pushed.';
  return failed.length === 0
    ? `Every frame arrived as it was sent: ${plural(frames, 'frame')} on ${plural(verdicts.length, 'channel')}.`
    : `${plural(failed.length, 'channel')} of ${count(verdicts.length)} did not arrive as sent.`;
}

/** The verdict for programs. */
export function verdictJson(
  outcome: PushOutcome,
  verdicts: readonly ChannelVerdict[],
  folder: string,
  interrupted: boolean,
): object {
  const { cpuPerFrame, ...totals } = totalsOf(outcome);
  const { p50, p99, p999 } = outcome.latency;
  return {
    ok: !interrupted && verdicts.length > 0 && verdicts.every(({ ok }) => ok),
    interrupted,
    elapsedMs: rounded(outcome.elapsed, 1),
    recordings: resolve(folder),
    totals: {
      ...totals,
      cpuMicrosecondsPerFrame: rounded(cpuPerFrame * 1000, 1),
      latencyMs: { p50: rounded(p50), p99: rounded(p99), p999: rounded(p999) },
    },
    channels: verdicts.map(
      ({ outcome: channel, recording, framesSent, framesReceived, matched, differences, problems, ok }) => ({
        channel: channel.number,
        ok,
        framesSent,
        framesReceived,
        identical: matched,
        bytes: recording?.bytes ?? 0,
        file: recording?.file ?? null,
        differences: differences.slice(0, MAX_SHOWN),
        differenceCount: differences.length,
        problems,
        error:
          channel.error === undefined ? null : { code: channel.error.code, message: channel.error.message },
      }),
    ),
  };
}
