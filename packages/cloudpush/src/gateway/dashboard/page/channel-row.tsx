import { Component, createRef, type RefObject } from 'preact';
import type { StreamedChannel } from '../../http/state-feed.js';
import { destinationWord, type ChannelRow as Row } from '../../view/channel-rows.js';
import { shortDuration } from '../../view/duration.js';
import { formatLocation } from '../model/location.js';
import { retriesOf } from '../model/retries.js';
import { bytes, countdown, grouped, kilobits } from '../model/text.js';
import { channelTone, destinationTone, sourceTone } from '../model/tones.js';
import { retryAll } from './api.js';
import { Lamp } from './lamp.js';
import { Sparkline } from './sparkline.js';
import { attempt, location } from './store.js';

export interface ChannelRowProps {
  readonly row: Row;
  readonly channel: StreamedChannel;
  /** By the gateway's clock, in ms since 1970. */
  readonly now: number;
  readonly isSelected: boolean;
}

/**
 * One channel of the list. Out of sight it is renewed only when its state changes: hundreds of them cost
 * next to nothing.
 */
export class ChannelRow extends Component<ChannelRowProps> {
  readonly #element = createRef<HTMLDivElement>();
  /** Asking for it would lay the page out anew for each row. */
  #isOutOfSight = false;

  override componentDidMount(): void {
    this.#element.current!.addEventListener('contentvisibilityautostatechange', (event) => {
      this.#isOutOfSight = (event as ContentVisibilityAutoStateChangeEvent).skipped;
      if (!this.#isOutOfSight) this.forceUpdate();
    });
  }

  override shouldComponentUpdate({ row, isSelected }: ChannelRowProps): boolean {
    if (row.state !== this.props.row.state || isSelected !== this.props.isSelected) return true;
    return !this.#isOutOfSight;
  }

  override render() {
    return <RowContent {...this.props} element={this.#element} />;
  }
}

interface RowContentProps extends ChannelRowProps {
  readonly element: RefObject<HTMLDivElement | null>;
}

function RowContent({ row, channel, now, isSelected, element }: RowContentProps) {
  const { name, state, rates, error } = row;
  const isOff = state === 'disabled';
  return (
    <div
      ref={element}
      role="row"
      class={`channel ${channelTone(state)} ${isSelected ? 'selected' : ''}`}
      data-channel={name}
      aria-current={isSelected ? 'true' : undefined}
    >
      <div role="cell" class="name">
        <a href={formatLocation({ ...location.value, channel: name })}>{name}</a>
        <Lamp tone={channelTone(state)} word={`${state} ${shortDuration(row.age)}`} />
        {channel.node !== undefined && <span class="owner">{channel.node}</span>}
        <Labels labels={channel.labels} />
      </div>
      <div role="cell" class="source">
        <Lamp tone={sourceTone(channel.source.state)} word={channel.source.state} />
      </div>
      <div role="cell" class="destinations">
        {Object.values(channel.destinations).map((destination) => (
          <Lamp
            key={destination.name}
            tone={destinationTone(destination.state)}
            of={destination.name}
            word={destinationWord(destination)}
          />
        ))}
      </div>
      <div role="cell" class="minute">
        {!isOff && <Sparkline channel={name} />}
      </div>
      <Value name="in" unit="kbit/s in" value={isOff ? '–' : kilobits(rates.bitRateIn)} />
      <Value name="out" unit="kbit/s out" value={isOff ? '–' : kilobits(rates.bitRateOut)} />
      <Value name="fps" unit="fps" value={isOff ? '–' : grouped(rates.frameRate)} />
      <Value name="queue" unit="queued" value={isOff ? '–' : bytes(row.queuedBytes)} />
      <Value name="drops" unit="drops/min" value={isOff ? '–' : grouped(rates.dropsPerMinute)} />
      <Value name="reconnects" unit="reconnects" value={grouped(row.reconnects)} />
      <Next row={row} channel={channel} now={now} />
      {error !== undefined && (
        <div role="cell" class="error">
          {error.message}
        </div>
      )}
    </div>
  );
}

function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  const entries = Object.entries(labels);
  if (entries.length === 0) return null;
  return (
    <span class="labels">
      {entries.map(([name, value]) => (
        <span key={name}>{value === '' ? name : `${name}=${value}`}</span>
      ))}
    </span>
  );
}

interface ValueProps {
  readonly name: string;
  readonly unit: string;
  readonly value: string;
}

function Value({ name, unit, value }: ValueProps) {
  return (
    <div role="cell" class={`value ${name}`}>
      {value} <span class="unit">{unit}</span>
    </div>
  );
}

function Next({ row, channel, now }: Pick<ChannelRowProps, 'row' | 'channel' | 'now'>) {
  const retries = retriesOf(channel);
  const { nextRetryIn } = row;
  return (
    <div role="cell" class="next">
      {nextRetryIn !== undefined && <span>{countdown(now + nextRetryIn, now)}</span>}
      {retries.length > 0 && (
        <button type="button" onClick={() => attempt(() => retryAll(retries))}>
          Retry now<span class="unseen">: {row.name}</span>
        </button>
      )}
    </div>
  );
}
