import type { Channel, CloseReport, Destination } from '@cloudpush/engine';
import type { RecordingReceiver } from '../recording-receiver.js';
import { FaultyPath } from './faulty-path.js';
import type { Limits } from './plan.js';

/** The shortest waits that are allowed: a fault is to be over soon. */
const CONNECTING = {
  reconnect: { maxAttempts: 1_000_000, maxRefusals: 1_000_000, initialDelay: 1, maxDelay: 20 },
  connectTimeout: 2000,
} as const;

/** A destination with the two paths that lead to it, and its place in the ledger. */
export class Outlet implements AsyncDisposable {
  readonly name: string;
  readonly paths: readonly [FaultyPath, FaultyPath];
  readonly destination: Destination;
  /** It was to take the packets from this one on, */
  readonly from: number;
  /** It has a disk spool, whose series has its name. */
  readonly isSpooled: boolean;
  /** and none from this one on: it has been told to end, or has ended. */
  to = Number.POSITIVE_INFINITY;
  aborted = false;
  /** Report of its end. */
  report: CloseReport | undefined;
  #current = 0;

  private constructor(
    name: string,
    paths: readonly [FaultyPath, FaultyPath],
    destination: Destination,
    isSpooled: boolean,
    next: () => number,
  ) {
    this.isSpooled = isSpooled;
    this.name = name;
    this.paths = paths;
    this.destination = destination;
    this.from = next();
    destination.on('close', (report) => {
      this.report = report;
      this.to = Math.min(this.to, next());
    });
  }

  /**
   * @param next the id of the next packet
   * @param add makes the destination
   */
  static async open(
    receiver: RecordingReceiver,
    name: string,
    limits: Limits,
    next: () => number,
    add: (options: Parameters<Channel['addDestination']>[0]) => Destination,
  ): Promise<Outlet> {
    const paths = [await FaultyPath.listen(receiver.port), await FaultyPath.listen(receiver.port)] as const;
    const { spool, ...others } = limits;
    const spooling = spool && { spool: { ...spool, series: name } };
    const destination = add({ url: paths[0].url(name), ...others, ...spooling, ...CONNECTING });
    return new Outlet(name, paths, destination, spool !== undefined, next);
  }

  /** The path that the stream takes, or is on its way to. */
  get path(): FaultyPath {
    return this.paths[this.#current]!;
  }

  move(): void {
    this.#current = 1 - this.#current;
    this.destination.moveTo({ url: this.path.url(this.name) });
  }

  flow(): void {
    for (const path of this.paths) path.flow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.paths) await path[Symbol.asyncDispose]();
  }
}
