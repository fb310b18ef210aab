import { errorText } from '../error-text.js';
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
  if (error !== undefined) {
    return errorText(error);
  }
  const missing = videoFrames + audioFrames - stats.videoFrames - stats.audioFrames;
  return ending === 'source' || ending === 'limit'
    ? `${missing} of the frames that were taken did not get out`
    : 'the stream ended before its time';
}
