import { EventParser, type ServerSentEvent } from '../../view/event-parser.js';
import { authorization, request } from './api.js';

/** The gateway sends something each second: after so long without anything, in ms, it does not answer. */
const SILENCE_TIMEOUT = 6000;

/**
 * The messages of the gateway's event stream, from one connection.
 * @throws RequestError (rejection) when the gateway refuses it; other errors when the connection fails,
 *   breaks off, or is silent.
 */
export async function* gatewayMessages(signal: AbortSignal): AsyncGenerator<ServerSentEvent, void, void> {
  const connection = new AbortController();
  const end = () => connection.abort();
  signal.addEventListener('abort', end);
  let timer = setTimeout(end, SILENCE_TIMEOUT);
  try {
    const headers = { ...authorization(), accept: 'text/event-stream' };
    const { body } = await request('/v1/events', { headers, signal: connection.signal });
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error('the gateway has ended the connection');
      clearTimeout(timer);
      timer = setTimeout(end, SILENCE_TIMEOUT);
      yield* parser.push(value);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    end();
  }
}
