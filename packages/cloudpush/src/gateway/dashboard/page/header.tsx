import { hasTerm, toggleTerm } from '../model/filter.js';
import { formatLocation } from '../model/location.js';
import { bitRate, bytes, exactMoment, grouped } from '../model/text.js';
import { channelTone } from '../model/tones.js';
import { countedStates } from '../model/totals.js';
import { Shape } from './lamp.js';
import { go, history, location, state, totals } from './store.js';

/** The top line: how many channels are how, each number a filter, and the gateway as a whole. */
export function Header() {
  return (
    <header class="top">
      <h1>
        <a href={formatLocation({ filter: '', channel: undefined })}>cloudpush</a>
      </h1>
      <Counts />
      <Figures />
    </header>
  );
}

function Counts() {
  const counts = totals.value?.counts;
  if (counts === undefined) return null;
  const { filter } = location.value;
  return (
    <nav class="counts" aria-label="Channels by state">
      {countedStates.map((name) => {
        const term = `state:${name}`;
        const isOn = hasTerm(filter, term);
        if (counts[name] === 0 && !isOn && name === 'starting') return null;
        return (
          <button
            key={name}
            type="button"
            class={`count ${counts[name] === 0 ? 'none' : ''}`}
            aria-pressed={isOn}
            onClick={() => go({ channel: undefined, filter: toggleTerm(filter, term) })}
          >
            <Shape tone={channelTone(name)} />
            <b>{grouped(counts[name])}</b> {name}
          </button>
        );
      })}
    </nav>
  );
}

function Figures() {
  const sums = totals.value;
  const gateway = state.value;
  if (sums === undefined || gateway === undefined) return null;
  const { configuration, at } = gateway;
  const { spool } = sums;
  const isValid = configuration.lastReload.successful;
  return (
    <dl class="figures">
      <Figure name="in" value={bitRate(sums.bitRateIn)} />
      <Figure name="out" value={bitRate(sums.bitRateOut)} />
      <Figure name="drops, 5 min" value={grouped(history.recentDrops())} />
      {spool !== undefined && (
        <Figure name="spool" value={spool.isOff ? 'disk failed' : bytes(spool.bytes)} isBad={spool.isOff} />
      )}
      <Figure name="pool" value={`${sums.poolUse} %`} />
      <Figure
        name="configuration"
        value={isValid ? `read ${exactMoment(configuration.loadedAt, at)}` : 'at fault'}
        isBad={!isValid}
      />
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly isBad?: boolean;
}

function Figure({ name, value, isBad = false }: FigureProps) {
  return (
    <div class={isBad ? 'bad' : ''}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
