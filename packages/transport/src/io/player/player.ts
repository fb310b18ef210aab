import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { RtmpError, unreadReplies } from '../../errors.js';
import { RECEIVER_LIMITS } from '../../limits.js';
import { checkTypes, notMadeByNew, type OptionTypes } from '../../option-types.js';
import { withForms } from '../../redaction/known-secrets.js';
import { type Attempt, connectFields, firstAttempt, nextAttempt } from '../../session/client/attempt.js';
import { StageTimer } from '../../session/client/stage-timer.js';
import { PlaySession } from '../../session/play/play-session.js';
import type { PlaySessionOptions } from '../../session/play/play-state.js';
import { parseRtmpUrl, publishedName } from '../../url.js';
import { aborted } from '../common/abort.js';
import { DeadlineTimer } from '../common/deadline-timer.js';
import { reset } from '../common/reset.js';
import { dial } from '../dial/dial.js';
import { noStreamName } from '../publisher/publisher-errors.js';
import { attemptOptions, checkOptions, freshNonce, resolveTimeouts } from '../publisher/settings.js';
import type { PlayerEvents, PlayerOptions, PlayerTimeouts } from './player-options.js';

/** One attempt to play, and what the caller wants of it. */
interface PlayAttempt {
  readonly attempt: Attempt;
  readonly options: PlayerOptions;
  readonly timeouts: PlayerTimeouts;
  readonly events: PlayerEvents;
}

const EVENTS: OptionTypes<keyof PlayerEvents> = {
  onMedia: 'function',
  onStatus: 'function',
  onWarning: 'function',
  onClose: 'function',
};

/** A connection that plays one live stream: it takes what comes, and decodes nothing. */
export class RtmpPlayer {
  readonly #socket: Socket;
  readonly #session: PlaySession;
  readonly #events: PlayerEvents;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline = new DeadlineTimer(() => this.#session.expire());
  readonly #maxUnreadReplyBytes: number;
  #playing = false;
  #closing = false;
  #error: RtmpError | undefined;
  /** Of {@link connect}, until it is settled. */
  #waiter: { resolve(): void; reject(error: RtmpError): void } | undefined;

  /**
   * Connects and plays: resolves when the server has said `NetStream.Play.Start`, whether there is media yet
   * or not. Authenticates, follows redirects and falls back to the digest handshake on the way, each on a new
   * connection.
   * @throws RtmpError (rejection) with `stage` and `class`
   * @example
   * const player = await RtmpPlayer.connect(
   *   { url: 'rtmp://host/live/camera' },
   *   { onMedia: (type, timestamp, payload) => record(type, timestamp, payload) },
   * );
   */
  static async connect(options: PlayerOptions, events: PlayerEvents = {}): Promise<RtmpPlayer> {
    checkOptions(options);
    checkTypes('events', events, EVENTS);
    const { play = 10_000, ...given } = options.timeouts ?? {};
    const timeouts = resolveTimeouts({ ...given, publish: play });
    const url = parseRtmpUrl(options.url, { app: options.app });
    if (publishedName(url) === '') throw noStreamName();
    const rules = attemptOptions(options, url);
    let attempt = firstAttempt(url, undefined, rules);
    for (;;) {
      if (options.signal?.aborted) throw aborted(options.signal, 'socket');
      try {
        return await RtmpPlayer.#try({ attempt, options, timeouts: { ...timeouts, play }, events });
      } catch (error) {
        if (!(error instanceof RtmpError)) throw error;
        const next = nextAttempt(attempt, error, rules, freshNonce());
        if (next instanceof RtmpError) throw next;
        attempt = next;
      }
    }
  }

  static async #try(request: PlayAttempt): Promise<RtmpPlayer> {
    const { attempt, options, timeouts, events } = request;
    const onWarning = (message: string): void => events.onWarning?.(message);
    const timer = new StageTimer(() => performance.now());
    const socket = await dial({ url: attempt.url, options, timeouts, timer, onWarning });
    const player = new RtmpPlayer(socket, request);
    await player.#begin();
    return player;
  }

  private constructor(socket: Socket, request: PlayAttempt) {
    if (request?.attempt === undefined) throw notMadeByNew('RtmpPlayer', 'RtmpPlayer.connect');
    const { attempt, options, timeouts, events } = request;
    this.#socket = socket;
    this.#events = events;
    this.#signal = options.signal;
    const limits = { ...RECEIVER_LIMITS, ...options.limits };
    this.#maxUnreadReplyBytes = limits.maxUnreadReplyBytes;
    const session = sessionOptions(attempt, options, timeouts);
    this.#session = new PlaySession(
      { ...session, limits },
      { push: (slice) => socket.write(slice) },
      {
        onPlaying: () => this.#onPlaying(),
        onMedia: (type, timestamp, payload) => {
          if (!this.#closing) events.onMedia?.(type, timestamp, payload);
        },
        onStatus: (status) => events.onStatus?.(status),
        onFailure: (error) => this.#onFailure(error),
      },
    );
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('end', () => this.#session.fail(this.#session.connectionLost()));
    socket.on('error', (cause) => this.#session.fail(this.#session.connectionLost(cause)));
    socket.once('close', () => this.#onSocketClose());
    options.signal?.addEventListener('abort', this.#onAbort);
  }

  /** Bytes received from the server. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** Stops playing, and ends the connection. */
  close(): void {
    if (this.#closing || this.#error !== undefined) return;
    this.#closing = true;
    this.#session.stop();
    // Media that is on its way is of no use: it is not waited for.
    this.#socket.end(() => reset(this.#socket));
  }

  #onPlaying(): void {
    this.#playing = true;
    this.#deadline.clear();
    this.#waiter?.resolve();
    this.#waiter = undefined;
  }

  #onFailure(error: RtmpError): void {
    this.#error = error;
    reset(this.#socket);
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  #begin(): Promise<void> {
    const playing = new Promise<void>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    // While the connection was being tuned nobody listened.
    if (this.#signal?.aborted) this.#onAbort();
    else {
      this.#session.start();
      this.#deadline.set(this.#session.deadline);
    }
    return playing;
  }

  #receive(bytes: Uint8Array): void {
    this.#session.receive(bytes);
    this.#deadline.set(this.#session.deadline);
    const { writableLength } = this.#socket;
    if (writableLength > this.#maxUnreadReplyBytes)
      this.#session.fail(unreadReplies(writableLength, this.#maxUnreadReplyBytes));
  }

  readonly #onAbort = (): void => {
    this.#session.fail(aborted(this.#signal, this.#session.stage));
  };

  #onSocketClose(): void {
    if (!this.#closing) this.#session.fail(this.#session.connectionLost());
    this.#deadline.clear();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#playing) this.#events.onClose?.(this.#closing ? undefined : this.#error);
  }
}

function sessionOptions(
  attempt: Attempt,
  options: PlayerOptions,
  timeouts: PlayerTimeouts,
): Omit<PlaySessionOptions, 'limits'> {
  const wishes = {
    token: options.token,
    tokenPlacement: options.tokenPlacement ?? 'stream-query',
    announcement: {},
    connectObject: { flashVer: 'LNX 9,0,124,2', ...options.connectObject },
    connectArguments: options.connectArguments ?? [],
  } as const;
  // A server that insists on the digest may answer the simple handshake with silence.
  const fallsBack = (options.handshake ?? 'auto') === 'auto' && attempt.handshake === 'simple';
  return {
    ...connectFields(attempt, wishes),
    secrets: withForms([options.token, options.credentials?.password, attempt.url.password]),
    handshake: attempt.handshake,
    digestScheme: 1,
    timeouts: fallsBack ? { ...timeouts, handshake: timeouts.handshake / 2 } : timeouts,
    random: randomFillSync,
    now: () => performance.now(),
  };
}
