/** The longest that a message waits for others, in ms. */
const WINDOW = 50;

/**
 * Gathers messages to another thread, which then wakes up once for those of many encoders: a wake-up costs
 * more than what most messages ask for.
 */
export class MessageBatch<Message> {
  readonly #post: (messages: readonly Message[], transferred: ArrayBuffer[]) => void;
  #messages: Message[] = [];
  #transferred: ArrayBuffer[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(post: (messages: readonly Message[], transferred: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** Posts a message within the window, behind those that wait, or at once with all of them. */
  add(
    message: Message,
    { transferred, isUrgent }: { transferred?: ArrayBuffer; isUrgent?: boolean } = {},
  ): void {
    this.#messages.push(message);
    if (transferred !== undefined) this.#transferred.push(transferred);
    if (isUrgent === true) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), WINDOW);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [messages, transferred] = [this.#messages, this.#transferred];
    this.#messages = [];
    this.#transferred = [];
    this.#post(messages, transferred);
  }
}
