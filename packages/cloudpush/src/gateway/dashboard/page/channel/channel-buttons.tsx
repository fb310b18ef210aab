import type { StreamedChannel } from '../../../http/state-feed.js';
import { act, type ChannelAction, removeChannel, trigger } from '../api.js';
import { ask, openEditor } from '../dialog-state.js';
import { attempt, go } from '../store.js';

/** Buttons for what can be done with a channel; what cannot be taken back is asked for once more. */
export function ChannelButtons({ channel }: { readonly channel: StreamedChannel }) {
  const { name, state, mode, event } = channel;
  const run = (action: ChannelAction) => attempt(() => act(name, action));
  const isOff = state === 'disabled';
  return (
    <div class="buttons">
      {isOff && (
        <button type="button" class="primary" onClick={() => run('start')}>
          Start
        </button>
      )}
      {!isOff && mode === 'event' && <TriggerButtons name={name} isRecording={event !== undefined} />}
      {!isOff && (
        <button type="button" onClick={() => ask({ ...restart(name), onYes: () => void run('restart') })}>
          Restart
        </button>
      )}
      {!isOff && (
        <button type="button" onClick={() => ask({ ...stop(name), onYes: () => void run('stop') })}>
          Stop
        </button>
      )}
      <button type="button" onClick={() => openEditor(name)}>
        Edit
      </button>
      <button
        type="button"
        class="danger"
        onClick={() => ask({ ...remove(name), onYes: () => void removeNow(name) })}
      >
        Delete
      </button>
    </div>
  );
}

function TriggerButtons({ name, isRecording }: { readonly name: string; readonly isRecording: boolean }) {
  return (
    <>
      <button type="button" class="primary" onClick={() => attempt(() => trigger(name, { action: 'pulse' }))}>
        Trigger
      </button>
      {isRecording && (
        <button type="button" onClick={() => attempt(() => trigger(name, { action: 'stop' }))}>
          End the event
        </button>
      )}
    </>
  );
}

async function removeNow(name: string): Promise<void> {
  if (await attempt(() => removeChannel(name))) go({ channel: undefined });
}

const restart = (name: string) => ({
  title: `Restart ${name}?`,
  text: 'Source and destinations are connected anew. Viewers see a gap.',
  yes: 'Restart',
});

const stop = (name: string) => ({
  title: `Stop ${name}?`,
  text: 'Its streams are ended, and it stays stopped, also after a restart of the gateway, until it is started again.',
  yes: 'Stop',
});

const remove = (name: string) => ({
  title: `Delete ${name}?`,
  text: 'Its streams are ended, and it is taken out of the configuration file. This cannot be undone.',
  yes: 'Delete',
});
