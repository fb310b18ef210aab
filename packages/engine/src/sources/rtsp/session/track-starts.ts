import type { RtpInfo } from '../message/rtp-info.js';
import { resolveControl } from '../message/rtsp-url.js';
import type { TrackDescription } from '../sdp/track-description.js';
import type { TrackStart } from './session-types.js';

/**
 * Finds the RTP-Info entry of each track. Cameras write its URL absolute, relative, or with another host;
 * when no URL fits and there are as many entries as tracks, their order decides.
 */
export function trackStarts(
  tracks: readonly TrackDescription[],
  infos: readonly RtpInfo[],
  baseUrl: string,
): TrackStart[] {
  const inOrder = infos.length === tracks.length;
  const matched = tracks.map((track) => infos.find((info) => isOf(track, info, baseUrl)));
  const useOrder = inOrder && matched.every((info) => info === undefined);
  return tracks.map((track, position) => {
    const info = useOrder ? infos[position] : matched[position];
    return { track: track.index, timestamp: info?.timestamp };
  });
}

function isOf(track: TrackDescription, info: RtpInfo, baseUrl: string): boolean {
  const path = pathOf(track.controlUrl);
  return info.url !== '' && (pathOf(info.url) === path || pathOf(resolveControl(baseUrl, info.url)) === path);
}

/** The URL without scheme and host, which a camera behind an address translator gets wrong. */
function pathOf(url: string): string {
  return url.replace(/^rtsps?:\/\/[^/]*/i, '').replace(/\/$/, '');
}
