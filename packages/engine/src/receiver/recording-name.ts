/** Bytes: common file systems take names of 255, and something is put behind this. */
const MAX_STEM = 200;

/**
 * A file name for a recording: `app_stream_20261122T113005.123Z`, without extension. What a publisher calls its stream
 * never leads out of the folder, hides the file, or makes a name that some system refuses.
 */
export function recordingName(app: string, streamName: string, startedAt: Date): string {
  const time = startedAt.toISOString().replace(/[-:]/g, '');
  const stem = [app, streamName]
    .map(plain)
    .filter((part) => part !== '')
    .join('_');
  return `${shortened(stem) || 'stream'}_${time}`;
}

/** Letters, digits, points and dashes inside; everything else becomes a dash. */
function plain(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}.-]+/gu, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+|[.-]+$/g, '');
}

/** As many whole characters as fit. */
function shortened(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(MAX_STEM)).read);
}
