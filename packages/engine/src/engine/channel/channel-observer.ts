import type { ConnectTimings } from '@cloudpush/transport';
import type { BitrateAdvice } from '../../protocol/stream.js';
import type { CloseReport } from '../close-report.js';
import type { Destination, Disconnection, ServerCommand, SpoolGap } from '../destination/destination.js';
import { diagnostics } from '../diagnostics.js';
import type {
  PacketProblem,
  SegmentReport,
  SourceConnection,
  SourceLoss,
  SourceStall,
  SourceWarning,
} from '../events.js';
import type { Channel } from './channel.js';

/**
 * Tells the events of a channel, of its destinations and of its source, each in one place: to the hooks of
 * `node:diagnostics_channel`, then to the listeners of the destination, then to those of the channel.
 * All that an event changes has changed before it is told, since a listener may throw.
 */
export class ChannelObserver {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  connected(destination: Destination, timings: ConnectTimings): void {
    const channel = this.#channel;
    diagnostics.connect.publish(() => ({ channel, destination, timings }));
    destination.emit('connect');
    channel.emit('connect', destination);
  }

  disconnected(disconnection: Disconnection): void {
    const channel = this.#channel;
    diagnostics.disconnect.publish(() => ({ ...disconnection, channel }));
    disconnection.destination.emit('disconnect', disconnection);
    channel.emit('disconnect', disconnection);
  }

  /**
   * As {@link disconnected}, in a turn of its own: the engine has other channels of the dead thread to look
   * after.
   */
  lostWithShard(disconnection: Disconnection): void {
    process.nextTick(() => this.disconnected(disconnection));
  }

  moved(destination: Destination, timings: ConnectTimings): void {
    const channel = this.#channel;
    diagnostics.move.publish(() => ({ channel, destination, timings }));
    destination.emit('move');
    channel.emit('move', destination);
  }

  commanded(command: ServerCommand): void {
    command.destination.emit('command', command);
    this.#channel.emit('command', command);
  }

  advised(destination: Destination, advice: BitrateAdvice): void {
    const channel = this.#channel;
    const event = { ...advice, destination };
    diagnostics.advice.publish(() => ({ ...event, channel }));
    destination.emit('advice', event);
    channel.emit('advice', event);
  }

  gapChanged(gap: SpoolGap): void {
    const channel = this.#channel;
    diagnostics.gap.publish(() => ({ ...gap, channel }));
    gap.destination.emit('gap', gap);
    channel.emit('gap', gap);
  }

  /** A destination is over. Told in a turn of its own: others may be over with it. */
  destinationClosed(destination: Destination, report: CloseReport): void {
    const channel = this.#channel;
    process.nextTick(() => {
      diagnostics.destinationClose.publish(() => ({ ...report, channel, destination }));
      destination.emit('close', report);
    });
  }

  /** Told in a turn of its own: the engine goes on whatever a listener does. */
  segmentEnded(report: SegmentReport): void {
    process.nextTick(() => this.#channel.emit('segmentEnd', report));
  }

  pauseChanged(paused: boolean): void {
    const channel = this.#channel;
    diagnostics[paused ? 'pause' : 'resume'].publish(() => ({ channel }));
    channel.emit(paused ? 'pause' : 'resume');
  }

  problem(problem: PacketProblem): void {
    const channel = this.#channel;
    diagnostics.problem.publish(() => ({ ...problem, channel }));
    channel.emit('problem', problem);
  }

  sourceConnected({ tracks }: SourceConnection): void {
    const channel = this.#channel;
    diagnostics.sourceConnect.publish(() => ({ channel, tracks }));
    channel.emit('sourceConnected', { tracks });
  }

  sourceLost(loss: SourceLoss): void {
    const channel = this.#channel;
    diagnostics.sourceLost.publish(() => ({ ...loss, channel }));
    channel.emit('sourceLost', loss);
  }

  sourceStalled({ kind, ms }: SourceStall): void {
    const channel = this.#channel;
    diagnostics.sourceStall.publish(() => ({ channel, kind, ms }));
    channel.emit('sourceStalled', { kind, ms });
  }

  sourceWarning({ message }: SourceWarning): void {
    const channel = this.#channel;
    diagnostics.sourceWarning.publish(() => ({ channel, message }));
    channel.emit('sourceWarning', { message });
  }

  sourceEnded(): void {
    const channel = this.#channel;
    diagnostics.sourceEnd.publish(() => ({ channel }));
    channel.emit('sourceEnded');
  }

  /** The channel is over. Told in a turn of its own: the engine goes on whatever a listener does. */
  closed(report: CloseReport): void {
    const channel = this.#channel;
    process.nextTick(() => {
      diagnostics.close.publish(() => ({ ...report, channel }));
      channel.emit('close', report);
    });
  }
}
