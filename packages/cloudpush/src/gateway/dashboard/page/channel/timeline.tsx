import type { StreamedChannel } from '../../../http/state-feed.js';
import type { GatewayEvent } from '../../../state.js';
import { moment, percent } from '../../model/text.js';
import { TIMELINE_LENGTH, type TimelinePart, timelineOf } from '../../model/timeline.js';
import { channelTone } from '../../model/tones.js';

export interface TimelineProps {
  readonly channel: StreamedChannel;
  readonly events: readonly GatewayEvent[];
  readonly now: number;
}

/** The states of the last 24 hours, as a bar and as a sentence. */
export function Timeline({ channel: { state, since }, events, now }: TimelineProps) {
  const parts = timelineOf({ events, state, since, now });
  const begin = now - TIMELINE_LENGTH;
  return (
    <section class="panel wide">
      <h3>Last 24 hours</h3>
      <svg
        class="timeline"
        viewBox="0 0 1000 24"
        preserveAspectRatio="none"
        role="img"
        aria-label={summary(parts)}
      >
        {parts.map(({ from, to, state: then }) => (
          <rect
            key={from}
            class={then === undefined ? 'unknown' : channelTone(then)}
            x={((from - begin) / TIMELINE_LENGTH) * 1000}
            width={Math.max(1, ((to - from) / TIMELINE_LENGTH) * 1000)}
            y="0"
            height="24"
          >
            <title>{`${then ?? 'not known'} ${moment(from, now)} to ${moment(to, now)}`}</title>
          </rect>
        ))}
      </svg>
      <p class="scale">
        <span>{moment(begin, now)}</span>
        <span>{summary(parts)}</span>
        <span>now</span>
      </p>
    </section>
  );
}

/** `98 % online, 2 % offline`, of the time that is known. */
function summary(parts: readonly TimelinePart[]): string {
  const lengths = new Map<string, number>();
  let known = 0;
  for (const { from, to, state } of parts) {
    if (state === undefined) continue;
    lengths.set(state, (lengths.get(state) ?? 0) + to - from);
    known += to - from;
  }
  return [...lengths]
    .sort(([, a], [, b]) => b - a)
    .map(([state, length]) => `${percent(length, known)} % ${state}`)
    .join(', ');
}
