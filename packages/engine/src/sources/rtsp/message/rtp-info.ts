/** Start of a track, as PLAY's response says it (RFC 2326 §12.33). */
export interface RtpInfo {
  readonly url: string;
  /** RTP timestamp that corresponds to the start of the range played. */
  readonly timestamp: number | undefined;
}

/**
 * Parses the value of an RTP-Info header field. URLs may hold commas, so entries are told apart by `url=`.
 * Sequence numbers are left out: servers are off by one, and no packet is missed before the first key frame.
 */
export function parseRtpInfo(text: string | undefined): RtpInfo[] {
  const entries = (text ?? '').split(/(?:^|,)\s*(?=url\s*=)/i).filter((entry) => entry.trim() !== '');
  return entries.slice(0, 32).map((entry) => ({
    url: /^url\s*=\s*"?([^;"]*)"?/i.exec(entry.trim())?.[1]?.trim() ?? '',
    timestamp: timestampOf(/;\s*rtptime\s*=\s*(\d{1,10})(?!\d)/i.exec(entry)?.[1]),
  }));
}

function timestampOf(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN);
  return value <= 0xffff_ffff ? value : undefined;
}
