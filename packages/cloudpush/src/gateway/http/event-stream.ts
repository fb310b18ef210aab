import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { Problem } from './problem.js';
import type { StateFeed } from './state-feed.js';

/** So many clients may listen at the same time. */
const MAX_CLIENTS = 100;
/** A client that has so many bytes waiting does not read; it can connect again. */
const MAX_WAITING_BYTES = 8 * 2 ** 20;

/** The clients that read the state as server-sent events. */
export class EventStreams {
  readonly #feed: StateFeed;
  readonly #open = new Set<ServerResponse>();
  #joining = 0;

  constructor(feed: StateFeed) {
    this.#feed = feed;
  }

  /** Answers a request with the stream, which lasts until the client goes or does not read. */
  async serve(reply: FastifyReply): Promise<FastifyReply> {
    if (this.#open.size + this.#joining >= MAX_CLIENTS) {
      throw new Problem('unavailable', `${MAX_CLIENTS} clients are reading events already`);
    }
    const { raw } = reply;
    const messages: string[] = [];
    let write = (message: string) => void messages.push(message);
    this.#joining++;
    const unsubscribe = await this.#feed
      .subscribe((message) => write(message))
      .finally(() => this.#joining--);
    if (raw.destroyed) {
      unsubscribe();
      return reply;
    }
    reply.hijack();
    raw.on('close', () => {
      unsubscribe();
      this.#open.delete(raw);
    });
    this.#open.add(raw);
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Asks nginx in front of it not to hold the stream back.
      'x-accel-buffering': 'no',
    });
    write = (message) => {
      if (raw.writableLength > MAX_WAITING_BYTES) raw.destroy();
      else raw.write(message);
    };
    for (const message of messages) write(message);
    return reply;
  }

  /** Ends all streams. */
  close(): void {
    for (const raw of this.#open) raw.end();
  }
}
