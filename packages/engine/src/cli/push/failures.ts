import { errorText } from '../error-text.js';
import { plural } from '../format.js';
import type { ChannelOutcome } from './channel-run.js';

/**
 * What went wrong, a line a cause: a server that is not there fails a thousand channels in the same way, and is worth
 * one line.
 */
export function failureLines(channels: readonly ChannelOutcome[]): string[] {
  const byCause = new Map<string, ChannelOutcome[]>();
  for (const channel of channels) {
    if (!channel.complete) {
      const cause = causeText(channel);
      byCause.set(cause, [...(byCause.get(cause) ?? []), channel]);
    }
  }
  return [...byCause].map(([cause, failed]) => `${whoText(failed, channels.length)}: ${cause}`);
}

function whoText(failed: readonly ChannelOutcome[], count: number): string {
  const first = failed[0]!;
  if (count === 1) {
    return first.url;
  }
  if (failed.length === 1) {
    return `channel ${first.number} (${first.url})`;
  }
  return `${failed.length} of ${count} channels (first ${first.url})`;
}

/** Why a channel is not complete. */
export function causeText({ error, ending, stats, videoFrames, audioFrames }: ChannelOutcome): string {
  const toTheEnd = ending === 'source' || ending === 'limit';
  if (error !== undefined) {
    // The error of a channel that went on to its end is that of a connection which was made again.
    return toTheEnd && stats.reconnects > 0
      ? `the connection was lost on the way and made again (${plural(stats.reconnects, 'time')}): ${errorText(error)}`
      : errorText(error);
  }
  const missing = videoFrames + audioFrames - stats.videoFrames - stats.audioFrames;
  return toTheEnd
    ? `${missing} of the frames that were taken did not get out`
    : 'the stream ended before its time';
}
