import { useEffect, useState } from 'preact/hooks';
import type { GatewayEvent } from '../../../gateway-event.js';
import { exactMoment } from '../../model/text.js';
import type { Tone } from '../../model/tones.js';
import { readEvents } from '../api.js';
import { Lamp } from '../lamp.js';
import { connection, events as latest } from '../store.js';

const tones: Readonly<Record<GatewayEvent['level'], Tone>> = { info: 'off', warn: 'warning', error: 'bad' };

/**
 * Events of a channel, oldest first: those that the gateway has kept, and those that the stream has told
 * since.
 */
export function useEvents(name: string): readonly GatewayEvent[] {
  const [kept, setKept] = useState<readonly GatewayEvent[]>([]);
  const isLive = connection.value === 'live';
  useEffect(() => {
    let isWanted = true;
    // The gateway may have begun anew, with other events.
    if (isLive)
      readEvents(name).then(
        (answer) => isWanted && setKept(answer),
        () => {},
      );
    return () => {
      isWanted = false;
    };
  }, [name, isLive]);
  const last = kept.at(-1)?.id ?? 0;
  return [...kept, ...latest.value.filter(({ channel, id }) => channel === name && id > last)];
}

/** The events of a channel, the latest first. */
export function EventLog({
  events,
  now,
}: {
  readonly events: readonly GatewayEvent[];
  readonly now: number;
}) {
  return (
    <section class="panel wide">
      <h3>Events</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must be able to */}
      <div class="log" tabIndex={0} role="log" aria-label="Events">
        {events.length === 0 && <p>Nothing has happened yet.</p>}
        <ol>
          {events.toReversed().map(({ id, at, level, message, code }) => (
            <li key={id}>
              <time dateTime={new Date(at).toISOString()}>{exactMoment(at, now)}</time>
              <Lamp tone={tones[level]} word={level} />
              <span>
                {message} {code !== undefined && <code>{code}</code>}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
