import { filterKeys } from '../model/filter.js';
import { grouped } from '../model/text.js';
import { ChannelRow } from './channel-row.js';
import { openEditor } from './dialog-state.js';
import { go, location, rows, selected, shownRows, state } from './store.js';

/** The name of a column, and how narrow screens and ears are told it beside the value. */
const columns = {
  name: 'Channel',
  source: 'Source',
  destinations: 'Destinations',
  minute: 'Last minute',
  in: 'kbit/s in',
  out: 'kbit/s out',
  fps: 'fps',
  queue: 'Queue',
  drops: 'Drops/min',
  reconnects: 'Reconnects',
  next: 'Next try',
} as const;

/** All channels that the filter lets through. */
export function ChannelList() {
  const gateway = state.value;
  if (gateway === undefined) return null;
  return (
    <section aria-labelledby="channels">
      <div class="toolbar">
        <h2 id="channels">Channels</h2>
        <FilterBox />
        <span class="shown" role="status">
          {shownRows.value.length === rows.value.length
            ? grouped(rows.value.length)
            : `${grouped(shownRows.value.length)} of ${grouped(rows.value.length)}`}
        </span>
        <button type="button" class="primary" onClick={() => openEditor(undefined)}>
          Add a channel
        </button>
      </div>
      {shownRows.value.length === 0 ? <Nothing /> : <Table />}
    </section>
  );
}

function FilterBox() {
  return (
    <input
      id="filter"
      type="search"
      aria-label="Filter"
      aria-keyshortcuts="/"
      placeholder="Filter: words, or state:offline, label:site=north …   ( / )"
      title={`Words, and KEY:VALUE with the keys ${filterKeys.join(', ')}; a hyphen in front means "not"`}
      autocomplete="off"
      spellcheck={false}
      value={location.value.filter}
      onInput={({ currentTarget }) => go({ filter: currentTarget.value }, false)}
    />
  );
}

function Nothing() {
  return (
    <p class="nothing">
      {rows.value.length === 0 ? 'There is no channel yet.' : 'No channel is like that.'}{' '}
      {rows.value.length > 0 && (
        <button type="button" onClick={() => go({ filter: '' })}>
          Show all
        </button>
      )}
    </p>
  );
}

function Table() {
  const { channels, at } = state.value!;
  return (
    <div class="channels" role="table" aria-labelledby="channels" aria-rowcount={shownRows.value.length + 1}>
      <div role="rowgroup" class="heads">
        <div role="row" class="head">
          {Object.entries(columns).map(([key, name]) => (
            <span key={key} role="columnheader" class={key}>
              {name}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup">
        {shownRows.value.map((row) => (
          <ChannelRow
            key={row.name}
            row={row}
            channel={channels[row.name]!}
            now={at}
            isSelected={selected.value === row.name}
          />
        ))}
      </div>
    </div>
  );
}
