import type { Cause } from '../model/causes.js';
import { countdown, moment } from '../model/text.js';
import { retryAll } from './api.js';
import { Shape } from './lamp.js';
import { attempt, causes, go, state } from './store.js';

/** List of what is wrong, one line a cause. */
export function CauseList() {
  const now = state.value?.at;
  if (now === undefined || causes.value.length === 0) return null;
  return (
    <section class="causes" aria-labelledby="causes">
      <h2 id="causes">What is wrong</h2>
      <ul>
        {causes.value.map((cause) => (
          <CauseLine key={cause.id} cause={cause} now={now} />
        ))}
      </ul>
    </section>
  );
}

function CauseLine({ cause, now }: { readonly cause: Cause; readonly now: number }) {
  const { tone, who, what, since, message, nextRetryAt, filter, retries } = cause;
  return (
    <li class={`cause ${tone}`}>
      <Shape tone={tone} />
      <p>
        <button type="button" class="link" onClick={() => go({ filter, channel: undefined })}>
          {who}
        </button>
        : {what} since {moment(since, now)}
        {message !== undefined && <span class="message">{message}</span>}
      </p>
      <span class="next">{nextRetryAt !== undefined && `next try ${countdown(nextRetryAt, now)}`}</span>
      {retries.length > 0 && (
        <button type="button" onClick={() => attempt(() => retryAll(retries))}>
          Retry now<span class="unseen">: {who}</span>
        </button>
      )}
    </li>
  );
}
