import { displayUrl, parseRtmpUrl } from '@cloudpush/transport';

const PLACEHOLDER = /\{i\}/g;

/**
 * The URL of channel `number` (from 1) of `count`: `{i}` becomes the number. Where several channels share a URL without
 * `{i}`, `-1`, `-2`, … is put behind the stream name, since a server takes each name only once.
 * @throws RtmpError when it is not a push URL; its text holds no secret.
 */
export function channelUrl(template: string, number: number, count: number): string {
  const named = template.includes('{i}') || count === 1 ? template : numbered(template);
  const url = named.replace(PLACEHOLDER, String(number));
  parseRtmpUrl(url);
  return url;
}

/** The URL as it may be shown: without query and user info. */
export function shownUrl(url: string): string {
  return displayUrl(parseRtmpUrl(url));
}

function numbered(template: string): string {
  const query = template.indexOf('?');
  return query < 0 ? `${template}-{i}` : `${template.slice(0, query)}-{i}${template.slice(query)}`;
}
