import { parseRtmpUrl } from '@cloudpush/transport';

/** Platforms whose stream name is the key to publish with. */
const KEY_IS_NAME =
  /(^|\.)(youtube\.com|twitch\.tv|facebook\.com|live-video\.net|instagram\.com|tiktok\.com|vimeo\.com)$/i;

/** A stream on its server, as a line of the log names it. */
export interface StreamPlace {
  readonly host: string;
  /** App and name; `…` instead of a name that is a key. */
  readonly stream: string;
}

/** The server and stream of a URL, without user info, query and key; undefined: the URL is none. */
export function streamPlace(url: string): StreamPlace | undefined {
  try {
    const { host, app, streamName } = parseRtmpUrl(url);
    return { host, stream: `${app}/${KEY_IS_NAME.test(host) ? '…' : streamName}` };
  } catch {
    // A target that a token provider gave may be no URL: the connection fails on it, and the error says so.
    return undefined;
  }
}
