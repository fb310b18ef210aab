import { randomUUID } from 'node:crypto';
import { type ReceivedMessage, RtmpReceiver } from '@cloudpush/transport';
import type { GatewayPort } from '../gateway-port.js';
import { Problem } from '../problem.js';
import { type PreviewPicture, PreviewPictures } from './preview-pictures.js';

/** A picture must have come after so long, in ms: key frames are seldom further apart. */
const PICTURE_TIMEOUT = 12_000;
/** So many may look at the same time, at whichever channels; each costs a connection within this machine. */
const MAX_OPEN = 8;

let open = 0;

/**
 * Hands the pictures of a channel to `onPicture`, from its next key frame on: the channel gets one more
 * destination, a receiver within this thread, for as long as somebody looks. Nothing is decoded, and
 * nothing is kept.
 * @param signal ends it; the promise resolves then
 * @throws Problem (rejection) when there is no such channel, none of its pictures come, or too many look
 *   already
 */
export async function previewChannel(
  gateway: Pick<GatewayPort, 'openPreview' | 'closePreview'>,
  channel: string,
  onPicture: (picture: PreviewPicture) => void,
  signal: AbortSignal,
): Promise<void> {
  if (open >= MAX_OPEN) throw new Problem('unavailable', `${MAX_OPEN} previews are open, which is the limit`);
  open++;
  try {
    await receivePictures(gateway, channel, onPicture, signal);
  } finally {
    open--;
  }
}

async function receivePictures(
  gateway: Pick<GatewayPort, 'openPreview' | 'closePreview'>,
  channel: string,
  onPicture: (picture: PreviewPicture) => void,
  signal: AbortSignal,
): Promise<void> {
  using ended = new PreviewEnd(signal);
  const pictures = new PreviewPictures();
  const onMessage = (message: ReceivedMessage) =>
    ended.guard(() => {
      const picture = pictures.take(message);
      if (picture === undefined) return;
      ended.alive();
      onPicture(picture);
    });
  const onEnd = () => ended.fail(new Problem('conflict', `the stream of ${channel} has ended`));
  // Nobody else on this machine can guess the name.
  const name = randomUUID();
  const onPublish = ({ streamName }: { readonly streamName: string }) =>
    streamName === name ? 'accept' : 'close';
  const receiver = await RtmpReceiver.listen(
    { port: 0, maxConnections: 1, behaviour: { onPublish } },
    { onPublish: () => ({ onMessage, onEnd }) },
  );
  const url = `rtmp://127.0.0.1:${receiver.address.port}/preview/${name}`;
  try {
    await gateway.openPreview(channel, url);
    await ended.promise;
  } finally {
    await gateway.closePreview(url).catch(() => {});
    await receiver.close();
  }
}

/** End of a preview: by its signal, by a failure, or because no picture comes. */
class PreviewEnd implements Disposable {
  readonly promise: Promise<void>;
  fail!: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;

  constructor(signal: AbortSignal) {
    this.promise = new Promise((resolve, reject) => {
      this.fail = reject;
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const message = `no picture has come for ${PICTURE_TIMEOUT / 1000} s`;
    this.#timer = setTimeout(() => this.fail(new Problem('conflict', message)), PICTURE_TIMEOUT);
    // It may fail before anybody waits for it.
    this.promise.catch(() => {});
  }

  alive(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** Runs `action`; an error in it is the end. */
  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }
}
