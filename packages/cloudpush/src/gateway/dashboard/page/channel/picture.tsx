import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamedChannel } from '../../../http/state-feed.js';
import { channelPath, request } from '../api.js';
import { playFault, playLive } from './live-player.js';

/**
 * Choice of what is shown: the latest key frame, or all pictures as they come. `round` grows with each
 * request for a new still.
 */
interface Wish {
  readonly kind: 'still' | 'live';
  readonly round: number;
}

/** Pictures that a channel sends: a still, and, when asked for, a film. */
export function Picture({ channel }: { readonly channel: StreamedChannel }) {
  const { name, source } = channel;
  const video = useRef<HTMLVideoElement>(null);
  const [wish, setWish] = useState<Wish>({ kind: 'still', round: 0 });
  const [message, setMessage] = useState<string>();
  const [size, setSize] = useState<string>();
  const isSending = channel.state !== 'disabled' && source.state === 'streaming';
  useEffect(() => {
    if (!isSending) return;
    const ended = new AbortController();
    setMessage(undefined);
    const show = wish.kind === 'live' ? showLive : showStill;
    show(name, video.current!, ended.signal).catch((error: Error) => {
      if (!ended.signal.aborted) setMessage(error.message);
    });
    return () => ended.abort();
  }, [name, wish, isSending]);
  const again = (kind: Wish['kind']) => setWish(({ round }) => ({ kind, round: round + 1 }));
  return (
    <section class="panel">
      <h3>
        Picture <small>{wish.kind === 'live' ? 'live, some seconds behind' : 'the latest key frame'}</small>
        {size !== undefined && <small>{size}</small>}
      </h3>
      <video
        ref={video}
        muted
        playsInline
        width="640"
        height="360"
        aria-label={`Picture of ${name}`}
        onLoadedMetadata={({ currentTarget }) =>
          setSize(`${currentTarget.videoWidth} × ${currentTarget.videoHeight}`)
        }
      />
      {message !== undefined && <p class="hint">{message}</p>}
      {!isSending && <p class="hint">The source sends no pictures now.</p>}
      <div class="buttons">
        {wish.kind === 'live' ? (
          <button type="button" onClick={() => again('still')}>
            Stop watching
          </button>
        ) : (
          <button type="button" disabled={!isSending} onClick={() => again('live')}>
            Watch live
          </button>
        )}
        <button type="button" disabled={!isSending} onClick={() => again('still')}>
          New picture
        </button>
      </div>
    </section>
  );
}

async function showStill(name: string, video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  const film = await request(`${channelPath(name)}/frame.mp4`, { signal });
  checkPlayable(film);
  const url = URL.createObjectURL(await film.blob());
  if (signal.aborted) return URL.revokeObjectURL(url);
  video.src = url;
  video.addEventListener('loadeddata', () => URL.revokeObjectURL(url), { once: true });
}

async function showLive(name: string, video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  const film = await request(`${channelPath(name)}/live.mp4`, { signal });
  checkPlayable(film);
  await playLive(video, film, signal);
  if (!signal.aborted) throw new Error('The film has ended.');
}

/** @throws Error where this browser cannot show it */
function checkPlayable(film: Response): void {
  const fault = playFault(film.headers.get('content-type') ?? '');
  if (fault === undefined) return;
  void film.body?.cancel();
  throw new Error(fault);
}
