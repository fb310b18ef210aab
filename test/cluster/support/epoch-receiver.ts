import { RtmpReceiver } from '@cloudpush/transport';

/** RTMP message type of video. */
const VIDEO = 9;
/** An FLV video tag of H.264 (Annex E.4.3): its packet type is that of pictures. */
const PICTURE = 1;
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

/** An owner of a name, as its server saw it. */
interface SeenOwner {
  readonly epoch: number;
  /** Of the first and the latest frame, in the order of all frames of the name. */
  readonly first: number;
  last: number;
  frames: number;
}

/**
 * An RTMP server that notes which owner each frame of each name came from: names are published
 * with `?epoch=$epoch`.
 */
export class EpochReceiver implements AsyncDisposable {
  readonly #receiver: RtmpReceiver;
  readonly #names: Map<string, SeenOwner[]>;
  readonly #slices: ReadonlyMap<string, readonly Buffer[]>;
  readonly #silences: Silences;

  private constructor(
    receiver: RtmpReceiver,
    names: Map<string, SeenOwner[]>,
    slices: ReadonlyMap<string, readonly Buffer[]>,
    silences: Silences,
  ) {
    this.#receiver = receiver;
    this.#names = names;
    this.#slices = slices;
    this.#silences = silences;
  }

  /**
   * @param keepsSlices whether {@link slices} is wanted
   * @param host address to listen on
   */
  static async listen(keepsSlices: boolean, host = '127.0.0.1'): Promise<EpochReceiver> {
    const slices = new Map<string, Buffer[]>();
    const names = new Map<string, SeenOwner[]>();
    const counts = new Map<string, number>();
    const silences = new Silences();
    const receiver = await RtmpReceiver.listen(
      { port: 0, host },
      {
        onPublish({ streamName, query }) {
          const epoch = Number(new URLSearchParams(query.replace(/^\?/, '')).get('epoch'));
          return {
            onMessage({ type, payload }) {
              if (keepsSlices && type === VIDEO) keepSlice(slices, streamName, payload);
              silences.frame(streamName);
              const number = (counts.get(streamName) ?? 0) + 1;
              counts.set(streamName, number);
              const owners = names.get(streamName) ?? [];
              names.set(streamName, owners);
              note(owners, epoch, number);
            },
            onEnd: () => {},
          };
        },
      },
    );
    return new EpochReceiver(receiver, names, slices, silences);
  }

  url(name: string): string {
    return `rtmp://${this.#receiver.address.host}:${this.#receiver.address.port}/live/${name}?epoch=$epoch`;
  }

  /** In the order of their first frames. */
  owners(name: string): readonly SeenOwner[] {
    return this.#names.get(name) ?? [];
  }

  /** Frames that came, of whatever owner. */
  frames(name: string): number {
    return this.owners(name).reduce((sum, { frames }) => sum + frames, 0);
  }

  /**
   * Names of which frames of an owner came after the first of the next one: two of them sent at the same
   * time.
   */
  interleaved(): readonly string[] {
    return [...this.#names].flatMap(([name, owners]) => {
      const isMixed = owners.some((owner, index) => {
        const next = owners[index + 1];
        return next !== undefined && (owner.last > next.first || owner.epoch >= next.epoch);
      });
      return isMixed ? [`${name}: ${JSON.stringify(owners)}`] : [];
    });
  }

  /** The longest time without a frame of some name since the call before, up to now. */
  takeSilence(): Silence {
    return this.#silences.take();
  }

  /** From now on {@link backAfter} counts. */
  markEnd(): void {
    this.#silences.markEnd();
  }

  /** The longest time from {@link markEnd} to the first frame of a name, in ms; undefined: one has none yet. */
  backAfter(names: readonly string[]): number | undefined {
    return this.#silences.backAfter(names);
  }

  /** The last slice of each picture of a name, of whatever owner, in the order in which they came. */
  slices(name: string): readonly Buffer[] {
    return this.#slices.get(name) ?? [];
  }

  /** Forgets what came until now. */
  forget(): void {
    this.#names.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver.close();
  }
}

/** A name that was silent, and for how many ms. */
interface Silence {
  readonly ms: number;
  readonly name: string;
}

/** Notes how long names have been silent. */
class Silences {
  /** When the latest frame of each name came, in ms of `performance.now()`. */
  readonly #latest = new Map<string, number>();
  /** The first frame of each name since the mark, in ms of `performance.now()`. */
  readonly #back = new Map<string, number>();
  #mark = 0;
  #longest: Silence = { ms: 0, name: '' };

  frame(name: string): void {
    const now = performance.now();
    if (!this.#back.has(name)) this.#back.set(name, now);
    this.#note(name, now);
    this.#latest.set(name, now);
  }

  markEnd(): void {
    this.#mark = performance.now();
    this.#back.clear();
  }

  backAfter(names: readonly string[]): number | undefined {
    if (names.some((name) => !this.#back.has(name))) return undefined;
    return Math.max(...this.#back.values()) - this.#mark;
  }

  take(): Silence {
    const now = performance.now();
    for (const name of this.#latest.keys()) this.#note(name, now);
    const longest = this.#longest;
    this.#longest = { ms: 0, name: '' };
    return longest;
  }

  #note(name: string, now: number): void {
    const ms = now - (this.#latest.get(name) ?? now);
    if (ms > this.#longest.ms) this.#longest = { ms, name };
  }
}

function note(owners: SeenOwner[], epoch: number, number: number): void {
  const known = owners.find((one) => one.epoch === epoch);
  if (known === undefined) {
    owners.push({ epoch, first: number, last: number, frames: 1 });
    return;
  }
  known.last = number;
  known.frames++;
}

function keepSlice(slices: Map<string, Buffer[]>, name: string, payload: Uint8Array): void {
  if (payload[1] !== PICTURE) return;
  const body = Buffer.from(payload.subarray(HEADER_BYTES));
  let last = body;
  for (let at = 0; at < body.length; at += LENGTH_BYTES + last.length) {
    last = body.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + body.readUInt32BE(at));
  }
  const kept = slices.get(name) ?? [];
  slices.set(name, kept);
  kept.push(last);
}
