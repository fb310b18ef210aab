import { displayUrl, parseRtmpUrl, publishedName } from '@cloudpush/transport';
import { usageError } from './exit-code.js';

/**
 * The URL of channel `number` (from 1) of `count`: `{i}` becomes the number. Where several channels would
 * push to the same name, `-1`, `-2`, … is put behind it, since a server takes each name only once.
 * @throws RtmpError or CommandError when it is not a push URL; their texts hold no secret.
 */
export function channelUrl(template: string, number: number, count: number): string {
  if (publishedName(parseRtmpUrl(withNumber(template, 1))) === '') {
    throw usageError('the URL names no stream: rtmp[s]://host[:port]/app/name is needed');
  }
  const named = count === 1 || namesDiffer(template) ? template : numbered(template);
  const url = withNumber(named, number);
  parseRtmpUrl(url);
  return url;
}

/** The URL as it may be shown: without query and user info. */
export function shownUrl(url: string): string {
  return displayUrl(parseRtmpUrl(url));
}

/** A number in query or user info alone makes no other stream. */
function namesDiffer(template: string): boolean {
  return template.includes('{i}') && shownUrl(withNumber(template, 1)) !== shownUrl(withNumber(template, 2));
}

function withNumber(template: string, number: number): string {
  return template.replaceAll('{i}', String(number));
}

function numbered(template: string): string {
  const { query } = parseRtmpUrl(template);
  const end = query === '' ? template.length : template.length - query.length - 1;
  return `${template.slice(0, end)}-{i}${template.slice(end)}`;
}
