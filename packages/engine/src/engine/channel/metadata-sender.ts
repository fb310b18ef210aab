import { invalidParameter } from '../../base/validation.js';
import { encodeRecord } from '../../memory/record.js';
import { Command } from '../../memory/ring.js';
import type { MediaEncryption, StreamMetadata } from '../../metadata/types.js';
import { checkedMetadata } from '../../metadata/validation.js';
import type { ChannelEncryption } from '../../options/encryption-options.js';
import type { ChannelSegments } from './channel-segments.js';
import type { PacketSender } from './packet-sender.js';

/** Sends a channel's metadata, and has the channel know what another shard must be told of it. */
export class MetadataSender {
  readonly #sender: PacketSender;
  readonly #encryption: ChannelEncryption;
  readonly #segments: ChannelSegments;

  constructor(sender: PacketSender, encryption: ChannelEncryption, segments: ChannelSegments) {
    this.#sender = sender;
    this.#encryption = encryption;
    this.#segments = segments;
  }

  /**
   * False: there is no room, or the channel takes no more. Without `pts` it takes the time of the latest
   * media.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; `ERR_CLOUDPUSH_INVALID_STATE` for the start
   *   or end of a segment before the first destination
   */
  send(metadata: StreamMetadata, pts: number | undefined): boolean {
    if (typeof metadata !== 'object' || metadata === null) {
      const actual = metadata === null ? null : typeof metadata;
      throw invalidParameter('metadata', actual, 'an object with a type');
    }
    const { type } = metadata;
    if (type === 'videoEncrypt' || type === 'audioEncrypt') return this.#sendEncryption(metadata, pts);
    const checked = checkedMetadata(metadata);
    this.#segments.requireBorderAllowed(checked);
    const sent = this.#sender.sendRecord(Command.metadata, encodeRecord(checked), pts);
    if (sent) this.#segments.onSent(checked);
    return sent;
  }

  #sendEncryption(given: MediaEncryption, pts: number | undefined): boolean {
    const track = given.type === 'videoEncrypt' ? 'video' : 'audio';
    const settings = this.#encryption.check(track, given);
    const record = encodeRecord({ type: given.type, ...settings });
    const sent = this.#sender.sendRecord(Command.metadata, record, pts);
    // It holds the key.
    record.fill(0);
    if (sent) this.#encryption.accept(track, settings);
    return sent;
  }
}
