import type { GatewayEvent } from '../../../gateway-event.js';
import type { StreamedChannel } from '../../../http/state-feed.js';
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
  const begin = parts[0]?.from ?? now;
  const length = Math.max(1, now - begin);
  return (
    <section class="panel wide">
      <h3>{length < TIMELINE_LENGTH ? `States since ${moment(begin, now)}` : 'Last 24 hours'}</h3>
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
            class={channelTone(then)}
            x={((from - begin) / length) * 1000}
            width={Math.max(1, ((to - from) / length) * 1000)}
            y="0"
            height="24"
          >
            <title>{`${then} ${moment(from, now)} to ${moment(to, now)}`}</title>
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

/** `98 % online, 2 % offline`. */
function summary(parts: readonly TimelinePart[]): string {
  const lengths = new Map<string, number>();
  let known = 0;
  for (const { from, to, state } of parts) {
    lengths.set(state, (lengths.get(state) ?? 0) + to - from);
    known += to - from;
  }
  return [...lengths]
    .sort(([, a], [, b]) => b - a)
    .map(([state, length]) => `${percent(length, known)} % ${state}`)
    .join(', ');
}
