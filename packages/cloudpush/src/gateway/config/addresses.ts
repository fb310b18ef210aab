import { bareUrl, parseRtmpUrl } from '@cloudpush/transport';
import type { ListenAddress } from './configuration.js';

/** Platforms whose stream name is the key to publish with. */
export const KEY_IS_NAME =
  /(^|\.)(youtube\.com|twitch\.tv|facebook\.com|live-video\.net|instagram\.com|tiktok\.com|vimeo\.com)$/i;

/** A push URL for people, without user info, query and stream key. */
export function publishingPlace(url: string): { place: string; host: string; namesStream: boolean } {
  const { host, app, streamName } = parseRtmpUrl(url);
  const name = KEY_IS_NAME.test(host) ? '…' : streamName;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const scheme = /^[a-z]+/i.exec(url)![0].toLowerCase();
  return { place: `${scheme}://${shownHost}/${app}/${name}`, host, namesStream: streamName !== '' };
}

/** The address of a camera for people: without user info and query. */
export function cameraPlace(url: string): string {
  return bareUrl(url);
}

/** `host:port`; `:port` stands for all addresses. */
export function parseAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return undefined;
  return { host: match[1] ?? (match[2] || '::'), port };
}

/** True of addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * True of an IPv4 address, and of an IPv6 address with or without the zone of a link-local one (RFC 4007).
 */
export function isIpAddress(text: string): boolean {
  if (text.includes(':')) return URL.canParse(`http://[${text.replace(/%.+$/, '')}]`);
  return /^\d+(?:\.\d+){3}$/.test(text) && URL.canParse(`http://${text}`);
}
