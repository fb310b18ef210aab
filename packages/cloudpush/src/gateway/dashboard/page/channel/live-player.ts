/** A viewer that has fallen so far behind goes on at the end, in s. */
const MAX_BEHIND = 6;
/** Part of the film that is kept behind the viewer, in s. */
const KEPT = 20;

/** Says why a film cannot be shown; undefined where it can. */
export function playFault(mediaType: string): string | undefined {
  const isKnown = typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported(mediaType);
  if (isKnown) return undefined;
  const codec = /codecs="(hvc1|hev1)/.test(mediaType) ? 'H.265' : 'this codec';
  return `This browser cannot show ${codec}. What is sent is not concerned.`;
}

/**
 * Plays a fragmented film as it comes, until `signal` ends it or the film ends. @throws Error (rejection)
 * where it cannot
 */
export async function playLive(video: HTMLVideoElement, film: Response, signal: AbortSignal): Promise<void> {
  const media = new MediaSource();
  const url = URL.createObjectURL(media);
  video.src = url;
  try {
    await eventOf(media, 'sourceopen', signal);
    const buffer = media.addSourceBuffer(film.headers.get('content-type')!);
    const reader = film.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      buffer.appendBuffer(value);
      await eventOf(buffer, 'updateend', signal);
      followEnd(video, buffer);
      await forgetPast(video, buffer, signal);
    }
  } finally {
    URL.revokeObjectURL(url);
  }
}

function followEnd(video: HTMLVideoElement, buffer: SourceBuffer): void {
  const { length } = buffer.buffered;
  if (length === 0) return;
  const end = buffer.buffered.end(length - 1);
  const begin = buffer.buffered.start(length - 1);
  if (video.currentTime < begin || end - video.currentTime > MAX_BEHIND) {
    video.currentTime = Math.max(begin, end - MAX_BEHIND / 2);
  }
  // A page may play what makes no sound.
  if (video.paused) void video.play().catch(() => {});
}

async function forgetPast(video: HTMLVideoElement, buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
  const { length } = buffer.buffered;
  if (length === 0 || video.currentTime - buffer.buffered.start(0) < 2 * KEPT) return;
  buffer.remove(0, video.currentTime - KEPT);
  await eventOf(buffer, 'updateend', signal);
}

function eventOf(target: EventTarget, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new DOMException('the film is not wanted any more', 'AbortError'));
    signal.addEventListener('abort', onAbort, { once: true });
    target.addEventListener(
      name,
      () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      },
      { once: true },
    );
  });
}
