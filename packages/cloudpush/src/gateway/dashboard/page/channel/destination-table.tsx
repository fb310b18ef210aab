import type { StreamedChannel } from '../../../http/state-feed.js';
import type { DestinationState } from '../../../state.js';
import { spoolText } from '../../model/spool-text.js';
import { bitRate, bytes, countdown, exactMoment, grouped, plural } from '../../model/text.js';
import { destinationTone } from '../../model/tones.js';
import { retryAll } from '../api.js';
import { Lamp } from '../lamp.js';
import { attempt } from '../store.js';

/** Each destination of a channel: how it stands, and what was counted of it. */
export function DestinationTable({
  channel,
  now,
}: {
  readonly channel: StreamedChannel;
  readonly now: number;
}) {
  return (
    <section class="panel wide">
      <h3>Destinations</h3>
      <div class="cards">
        {Object.values(channel.destinations).map((destination) => (
          <Card key={destination.name} channel={channel.name} destination={destination} now={now} />
        ))}
      </div>
    </section>
  );
}

interface CardProps {
  readonly channel: string;
  readonly destination: DestinationState;
  readonly now: number;
}

function Card({ channel, destination, now }: CardProps) {
  const { name, place, state, since, counters, lastError, nextRetryAt, attempt: failed } = destination;
  return (
    <div class="card">
      <h4>
        {name} <Lamp tone={destinationTone(state)} word={state} />
      </h4>
      <p class="place">{place}</p>
      <dl class="facts">
        <Entry name="since" value={exactMoment(since, now)} />
        <Entry name="sends" value={bitRate(destination.bitRate)} />
        <Entry
          name="queue"
          value={`${bytes(destination.queuedBytes)}, ${grouped(destination.queuedMs)} ms`}
        />
        <Entry
          name="sent"
          value={`${bytes(counters.bytesSent)}, ${grouped(counters.videoFrames)} pictures`}
        />
        <Entry name="dropped" value={dropText(counters)} />
        <Entry name="reconnects" value={grouped(counters.reconnects)} />
        {counters.moves > 0 && <Entry name="moved" value={plural(counters.moves, 'time')} />}
        {destination.spool !== undefined && <Entry name="on disk" value={spoolText(destination.spool)} />}
        {destination.timings !== undefined && (
          <Entry name="connected in" value={timingText(destination.timings)} />
        )}
        {lastError !== undefined && (
          <Entry
            name="last error"
            value={`${exactMoment(lastError.at, now)} ${lastError.message} (${lastError.code})`}
          />
        )}
      </dl>
      {nextRetryAt !== undefined && (
        <p class="next">
          {failed > 0 && `${grouped(failed)} failed, `}next try {countdown(nextRetryAt, now)}{' '}
          <button type="button" onClick={() => attempt(() => retryAll([{ channel, destination: name }]))}>
            Retry now<span class="unseen">: {name}</span>
          </button>
        </p>
      )}
    </div>
  );
}

function Entry({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function dropText(counters: DestinationState['counters']): string {
  const { droppedDisposable, droppedPictures, droppedUndecodable, droppedAudio } = counters;
  const pictures = droppedDisposable + droppedPictures + droppedUndecodable;
  return `${grouped(pictures)} pictures, ${grouped(droppedAudio)} audio frames`;
}

function timingText(timings: Readonly<Record<string, number>>): string {
  return Object.entries(timings)
    .map(([stage, ms]) => `${stage} ${grouped(ms)} ms`)
    .join(', ');
}
