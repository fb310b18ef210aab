import { errorText } from '../../error-text.js';
import { plural } from '../../terminal/format.js';
import type { ChannelOutcome } from './channel-run.js';

/** A list of a thousand warnings helps nobody. */
const MAX_WARNINGS = 10;

/** A place that did not get everything, and why. */
interface Failure {
  readonly number: number;
  readonly url: string;
  readonly cause: string;
}

/**
 * Failures, a line a cause: a server that is not there fails a thousand channels in the same way, and is
 * worth one line. Of several destinations each speaks for itself.
 */
export function failureLines(channels: readonly ChannelOutcome[]): string[] {
  const byCause = new Map<string, Failure[]>();
  for (const failure of channels.flatMap(failuresOf)) {
    byCause.set(failure.cause, [...(byCause.get(failure.cause) ?? []), failure]);
  }
  const places = channels.reduce((sum, { destinations }) => sum + destinations.length, 0);
  return [...byCause].map(([cause, failed]) => `${whoText(failed, channels.length, places)}: ${cause}`);
}

/** Warnings about a push that brought everything to its end all the same. */
export function warningLines(channels: readonly ChannelOutcome[]): string[] {
  const lines = channels
    .filter(({ complete }) => complete)
    .flatMap(({ warning, url, destinations }) => [
      ...(warning === undefined ? [] : [`${url}: everything got out, but: ${errorText(warning)}`]),
      ...destinations
        .filter(({ failedAttempts }) => failedAttempts > 0)
        .map(
          ({ url: to, failedAttempts, error }) =>
            `${to}: not connected at first (${plural(failedAttempts, 'time')}${error === undefined ? '' : `: ${errorText(error)}`}); everything was delivered after that`,
        ),
    ]);
  const more = lines.length - MAX_WARNINGS;
  return more <= 0 ? lines : [...lines.slice(0, MAX_WARNINGS), `${plural(more, 'more warning')}, see --json`];
}

function failuresOf(channel: ChannelOutcome): Failure[] {
  const { number, complete, destinations } = channel;
  if (complete) return [];
  const failed = destinations.filter((destination) => !destination.complete);
  // A broken source, or a bad packet, fails all destinations alike.
  if (destinations.length === 1 || failed.length === 0 || channel.ending === 'failed') {
    return [{ number, url: channel.url, cause: causeText(channel) }];
  }
  return failed.map((destination) => ({
    number,
    url: destination.url,
    cause: causeText({
      ...channel,
      error: destination.error,
      stats: { ...channel.stats, ...destination.stats },
    }),
  }));
}

function whoText(failed: readonly Failure[], channels: number, places: number): string {
  const { number, url } = failed[0]!;
  if (failed.length === 1) {
    return channels === 1 ? url : `channel ${number} (${url})`;
  }
  const what = places === channels ? 'channels' : 'destinations';
  return `${failed.length} of ${places} ${what} (first ${url})`;
}

/** Reason why a channel is not complete. */
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
