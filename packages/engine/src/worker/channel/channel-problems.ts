import { MuxerError } from '@cloudpush/muxer';
import { RtmpError } from '@cloudpush/transport';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { ProblemLimiter } from '../../base/problem-limiter.js';
import { ChannelCounter } from '../../memory/counters.js';
import type { ShardContext } from '../shard-context.js';

/**
 * Counts and reports what is wrong with the packets of a channel, which goes on: each kind of problem now and
 * then, not every time.
 */
export class ChannelProblems {
  readonly #channel: number;
  readonly #context: Pick<ShardContext, 'clock' | 'counters' | 'report'>;
  readonly #onFault: (fault: Error) => void;
  readonly #limiter = new ProblemLimiter();

  /** @param onFault an error that no packet is to blame for */
  constructor(
    channel: number,
    context: Pick<ShardContext, 'clock' | 'counters' | 'report'>,
    onFault: (fault: Error) => void,
  ) {
    this.#channel = channel;
    this.#context = context;
    this.#onFault = onFault;
  }

  /**
   * A packet, or a frame of it, is left out. A fault of ours is not to take the other channels of the shard
   * along.
   */
  refuse(error: unknown): void {
    if (isRefusal(error)) this.#refuse(error);
    else this.#onFault(error as Error);
  }

  /** A packet of a source is left out before it could be muxed. */
  refuseFromSource(error: CloudPushError): void {
    this.#refuse(error);
  }

  /** A packet goes out although something is wrong with it; `lostFrames` of it do not. */
  warn(warning: MuxerError, lostFrames = 0): void {
    if (lostFrames > 0) this.#count(ChannelCounter.packetsInvalid);
    this.#report(warning, false);
  }

  /** A packet that came between two segments belongs to none of them. */
  refuseBetweenSegments(): void {
    this.#count(ChannelCounter.packetsBetweenSegments);
    this.#report(betweenSegmentsError(), true);
  }

  #refuse(error: Error): void {
    this.#count(ChannelCounter.packetsInvalid);
    this.#report(error, true);
  }

  #count(counter: ChannelCounter): void {
    this.#context.counters.channels.add(this.#channel, counter, 1);
  }

  #report(cause: Error, refused: boolean): void {
    const error = toErrorData(cause);
    // A clock that is set is not one of the small steps back that came before it.
    const kind = `${error.code} ${error.details['field']}`;
    const repeats = this.#limiter.admit(kind, this.#context.clock.now());
    if (repeats === undefined) return;
    this.#context.report({ type: 'problem', channel: this.#channel, refused, error, repeats });
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof MuxerError || error instanceof RtmpError;
}

function betweenSegmentsError(): CloudPushError {
  const message = 'the segment has ended, and the next has not started; permitted: streamStart';
  return new CloudPushError('ERR_CLOUDPUSH_BETWEEN_SEGMENTS', message);
}
