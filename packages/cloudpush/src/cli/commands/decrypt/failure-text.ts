import type { DecryptionFailure } from '@cloudpush/muxer';
import { count, plural } from '../../terminal/format.js';

const reasons: Record<DecryptionFailure['reason'], string> = {
  noKey: 'no key fits',
  damaged: 'damaged',
  unmarked: 'the marker is lost or damaged',
};

/** Samples that could not be decrypted: how many, of which track, where, and why. */
export function failureText({ track, reason, samples, from, to, offset }: DecryptionFailure): string {
  const times = from === to ? `at ${seconds(from)}` : `from ${seconds(from)} to ${seconds(to)}`;
  const place = offset === undefined ? '' : `, byte ${count(offset)}`;
  return `${plural(samples, 'sample')} of ${track} ${times} s${place}: ${reasons[reason]}`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
