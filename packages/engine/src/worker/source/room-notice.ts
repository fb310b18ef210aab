import { CloudPushError } from '../../base/errors.js';
import type { SourceChannel, SourceContext } from './source-context.js';

/**
 * Tells that there is room again, once and not at once: it may be a destination in the middle of its work
 * that has made it.
 */
export class RoomNotice {
  readonly #context: SourceContext;
  readonly #channel: SourceChannel;
  readonly #onRoom: () => void;
  #isScheduled = false;

  constructor(context: SourceContext, channel: SourceChannel, onRoom: () => void) {
    this.#context = context;
    this.#channel = channel;
    this.#onRoom = onRoom;
  }

  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      try {
        this.#onRoom();
        this.#context.flush();
      } catch (fault) {
        this.#channel.fail(CloudPushError.wrap(fault));
      }
    });
  }
}
