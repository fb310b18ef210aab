import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { go, state } from './store.js';

type Page = FunctionComponent<{ readonly name: string }>;

/** Loaded with the first channel that is opened: charts and YAML are larger than all the rest. */
let loaded: Page | undefined;

/** Place of a channel's own page. */
export function ChannelPlace({ name }: { readonly name: string }) {
  const [page, setPage] = useState<{ readonly component: Page | undefined }>({ component: loaded });
  useEffect(() => {
    if (loaded !== undefined) return;
    void import('./channel/channel-page.js').then(({ ChannelPage }) => {
      loaded = ChannelPage;
      setPage({ component: ChannelPage });
    });
  }, []);
  if (state.value === undefined) return null;
  if (!Object.hasOwn(state.value.channels, name)) {
    return (
      <p class="nothing">
        There is no channel {name}.{' '}
        <button type="button" onClick={() => go({ channel: undefined })}>
          All channels
        </button>
      </p>
    );
  }
  const { component: Loaded } = page;
  return Loaded === undefined ? null : <Loaded name={name} />;
}
