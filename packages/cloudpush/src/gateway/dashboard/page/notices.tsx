import { exactMoment } from '../model/text.js';
import { reloadConfiguration } from './api.js';
import { attempt, connection, failure, goneSince, state } from './store.js';

/**
 * News that the operator must know before everything else: the gateway is gone, a request failed, the file
 * is at fault.
 */
export function Notices() {
  return (
    <div class="notices" role="status">
      <Gone />
      <Failure />
      <Configuration />
      {state.value?.ready === false && <p class="notice">The gateway is ending.</p>}
    </div>
  );
}

function Gone() {
  const since = goneSince.value;
  if (connection.value !== 'gone' || since === undefined) return null;
  const isKnown = state.value !== undefined;
  return (
    <p class="notice bad">
      <b>The gateway does not answer</b> since {exactMoment(since, Date.now())}.{' '}
      {isKnown && 'What is shown is how it was then. '}
      It is asked again until it is back.
    </p>
  );
}

function Failure() {
  if (failure.value === undefined) return null;
  return (
    <p class="notice bad">
      {failure.value}{' '}
      <button type="button" onClick={() => (failure.value = undefined)}>
        Close
      </button>
    </p>
  );
}

function Configuration() {
  const configuration = state.value?.configuration;
  if (configuration === undefined) return null;
  const { file, faults, lastReload, restartNeeded } = configuration;
  return (
    <>
      {!lastReload.successful && (
        <div class="notice bad">
          <p>
            <b>{file} is at fault:</b> the configuration before it stays in force.{' '}
            <button type="button" onClick={() => attempt(reloadConfiguration)}>
              Read it again
            </button>
          </p>
          <ul>
            {faults.map(({ line, column, path, message }) => (
              <li key={`${line}:${column}:${path}`}>
                {line !== undefined && `line ${line}, `}
                <code>{path}</code>: {message}
              </li>
            ))}
          </ul>
        </div>
      )}
      {restartNeeded.length > 0 && (
        <p class="notice">
          Changed, and in force only after a restart of the gateway: <code>{restartNeeded.join(', ')}</code>
        </p>
      )}
    </>
  );
}
