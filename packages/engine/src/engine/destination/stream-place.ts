import { parseRtmpUrl } from '@cloudpush/transport';

/** Platforms whose stream name is the key to publish with. */
const KEY_IS_NAME =
  /(^|\.)(youtube\.com|twitch\.tv|facebook\.com|live-video\.net|instagram\.com|tiktok\.com|vimeo\.com)$/i;

/** The server and stream of a URL, as a line of the log names them: without user info, query and key. */
export function streamPlace(url: string): object {
  try {
    const { host, app, streamName } = parseRtmpUrl(url);
    return { host, stream: `${app}/${KEY_IS_NAME.test(host) ? '…' : streamName}` };
  } catch {
    // A target that a token provider gave may be no URL: the connection fails on it, and the error says so.
    return {};
  }
}
