import type { TargetRequest } from '@cloudpush/engine';
import { channelUrl, shownUrl } from '../../channel-url.js';
import { errorText } from '../../error-text.js';
import { CommandError, usageError } from '../../exit-code.js';

/** Place that one channel goes to. */
export interface ChannelPlace {
  /** For people, without secrets. */
  readonly shown: string;
  /** It holds credentials. Undefined: the token server is asked. */
  readonly url: string | undefined;
  readonly target: TargetRequest | undefined;
  /** Other places that get the same stream. */
  readonly also: readonly AlsoPlace[];
}

interface AlsoPlace {
  /** For people, without secrets. */
  readonly shown: string;
  /** It holds credentials. */
  readonly url: string;
}

/** The device that the token server is asked for. */
export interface DeviceArguments {
  /** Serial number; `{i}` in it is the channel's number. */
  readonly device: string;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/** The places of all channels, whose URLs are known. */
export function placesByUrl(
  template: string,
  channels: number,
  alsoTemplates: readonly string[] = [],
): ChannelPlace[] {
  const urls = channelUrls(template, channels);
  const also = alsoTemplates.map((other) => channelUrls(other, channels));
  return urls.map((url, i) => ({
    shown: shownUrl(url),
    url,
    target: undefined,
    also: alsoPlaces(also, i),
  }));
}

/** The places of all channels, which the token server knows. */
export function placesByDevice(
  { device, clientId, clientSecret }: DeviceArguments,
  channels: number,
  alsoTemplates: readonly string[],
): ChannelPlace[] {
  const also = alsoTemplates.map((other) => channelUrls(other, channels));
  return Array.from({ length: channels }, (_, i) => {
    const deviceSN = device.replaceAll('{i}', String(i + 1));
    return {
      shown: `device ${deviceSN}`,
      url: undefined,
      target: { kind: 'device', deviceSN, clientId, clientSecret },
      also: alsoPlaces(also, i),
    };
  });
}

function alsoPlaces(also: readonly string[][], index: number): AlsoPlace[] {
  return also.map((urls) => ({ shown: shownUrl(urls[index]!), url: urls[index]! }));
}

export function channelUrls(template: string, channels: number): string[] {
  try {
    return Array.from({ length: channels }, (_, i) => channelUrl(template, i + 1, channels));
  } catch (error) {
    throw error instanceof CommandError ? error : usageError(errorText(error));
  }
}
