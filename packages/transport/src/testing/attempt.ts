import { type AttemptOptions, firstAttempt } from '../session/client/attempt.js';
import { parseRtmpUrl } from '../url.js';

/** Options of an attempt whose credentials, if any, are in its URL. */
export const attemptOptions: AttemptOptions = {
  handshake: 'simple',
  credentials: undefined,
  maxRedirects: 2,
  app: undefined,
};

/** The first attempt at a URL with user info and a query. */
export const attempt = firstAttempt(parseRtmpUrl('rtmp://u:p@h/live/cam?k=1'), undefined, attemptOptions);
