import { useEffect } from 'preact/hooks';
import { CauseList } from './cause-list.js';
import { ChannelList } from './channel-list.js';
import { ChannelPlace } from './channel-place.js';
import { ClusterNodes } from './cluster-nodes.js';
import { Dialogs } from './dialogs.js';
import { Header } from './header.js';
import { Notices } from './notices.js';
import { connection, location, state, totals } from './store.js';
import { TokenForm } from './token-form.js';

/** The page as a whole. */
export function App() {
  const isStale = connection.value === 'gone';
  const { channel } = location.value;
  useTitle();
  if (connection.value === 'locked') return <TokenForm />;
  return (
    <div class={isStale ? 'stale' : ''}>
      <Header />
      <main>
        <Notices />
        <ClusterNodes />
        {state.value === undefined && !isStale && <p class="nothing">Asking the gateway …</p>}
        {channel === undefined ? (
          <>
            <CauseList />
            <ChannelList />
          </>
        ) : (
          <ChannelPlace key={channel} name={channel} />
        )}
      </main>
      <Footer />
      <Dialogs />
    </div>
  );
}

function Footer() {
  return (
    <footer>
      <span>cloudpush {state.value?.version}</span>
      <span class="keys">
        <kbd>/</kbd> filter · <kbd>j</kbd> <kbd>k</kbd> down, up · <kbd>Enter</kbd> open · <kbd>Esc</kbd> back
      </span>
      <a href="/licences.txt">Licences</a>
    </footer>
  );
}

/** The tab tells how many channels are in trouble. */
function useTitle(): void {
  const counts = totals.value?.counts;
  const troubled = counts === undefined ? 0 : counts.offline + counts.degraded;
  const { channel } = location.value;
  useEffect(() => {
    document.title = `${troubled > 0 ? `(${troubled}) ` : ''}${channel === undefined ? '' : `${channel} · `}cloudpush`;
  }, [troubled, channel]);
}
