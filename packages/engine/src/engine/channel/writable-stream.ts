import type { CloudPushError } from '../../base/errors.js';
import { checkedOptions, oneOf, optionalBoolean } from '../../base/validation.js';
import type { AudioPacketOptions, VideoPacketOptions, WaitOptions } from '../../options/packet-options.js';
import type { CloseReport } from '../close-report.js';

/** A picture on its way into `Channel.createWritable('video')`. */
export interface VideoPacket extends VideoPacketOptions {
  readonly data: Uint8Array;
}

/** Audio on its way into `Channel.createWritable('audio')`. */
export interface AudioPacket extends AudioPacketOptions {
  readonly data: Uint8Array;
}

/** Options of `Channel.createWritable`. */
export interface PacketStreamOptions {
  /**
   * True: closing the stream closes the channel, and fails when that is not clean; aborting it aborts the
   * channel. Default false: the channel goes on, for its other track, or for another stream.
   */
  readonly ownsChannel?: boolean | undefined;
}

/** As the Streams standard has it (§5.4.2); Node has it, too, but its types do not. */
interface AbortableController extends WritableStreamDefaultController {
  readonly signal: AbortSignal;
}

/** The channel that a stream leads into, and may own. */
export interface StreamedChannel {
  writeVideo(data: Uint8Array, options: VideoPacketOptions, waiting: WaitOptions): Promise<void>;
  writeAudio(data: Uint8Array, options: AudioPacketOptions, waiting: WaitOptions): Promise<void>;
  close(): Promise<CloseReport>;
  abort(reason: unknown): void;
}

/**
 * A Web stream of one track's packets into a channel: a write is done when the packet was taken, so that its
 * source waits for room.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function packetStream(
  channel: StreamedChannel,
  track: 'video' | 'audio',
  options: PacketStreamOptions,
): WritableStream<VideoPacket> | WritableStream<AudioPacket> {
  if (oneOf('track', track, ['video', 'audio']) === 'video')
    return streamInto<VideoPacket>(channel, options, (one, signal) =>
      channel.writeVideo(one.data, one, { signal }),
    );
  return streamInto<AudioPacket>(channel, options, (one, signal) =>
    channel.writeAudio(one.data, one, { signal }),
  );
}

function streamInto<Packet extends VideoPacket | AudioPacket>(
  channel: StreamedChannel,
  options: PacketStreamOptions,
  write: (packet: Packet, signal: AbortSignal) => Promise<void>,
): WritableStream<Packet> {
  const given = checkedOptions('', options, { ownsChannel: true });
  const ownsChannel = optionalBoolean('ownsChannel', given.ownsChannel) ?? false;
  return new WritableStream<Packet>({
    write: (packet, controller) => write(packet, (controller as AbortableController).signal),
    close: async () => {
      if (ownsChannel) await closeCleanly(channel);
    },
    abort: (reason) => {
      if (ownsChannel) channel.abort(reason);
    },
  });
}

async function closeCleanly(channel: StreamedChannel): Promise<void> {
  const { clean, error } = await channel.close();
  if (!clean) throw error as CloudPushError;
}
