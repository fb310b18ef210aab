import { hasToken, setToken } from './api.js';
import { connection, followGateway } from './store.js';

/** Asks for the token of the API. */
export function TokenForm() {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setToken(String(form.get('token')).trim());
    connection.value = 'connecting';
    void followGateway();
  };
  return (
    <main class="locked">
      <h1>cloudpush</h1>
      <form onSubmit={onSubmit}>
        <label for="token">Token of the API</label>
        <input id="token" name="token" type="password" required autocomplete="off" />
        {hasToken() && (
          <p class="fault" role="alert">
            The gateway does not take that token.
          </p>
        )}
        <p class="hint">
          It stands in the gateway's configuration, as <code>api.token</code> or in <code>api.tokenFile</code>
          . This tab keeps it until it is closed.
        </p>
        <button type="submit" class="primary">
          Open
        </button>
      </form>
    </main>
  );
}
