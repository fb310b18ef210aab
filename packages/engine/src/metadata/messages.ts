import { type AmfObject, encodeAmf0 } from '@cloudpush/transport';
import type { Bitrates } from './on-meta-data.js';
import type { SentMetadata } from './types.js';

/** Frames of each track. */
export interface FrameCounts {
  readonly audio: number;
  readonly video: number;
}

/**
 * The body of the data message (RTMP 1.0 §7.1.2) that metadata goes out as: a name and one object, in AMF0.
 * @param bitrates of the media, in bit/s
 * @param dropped frames that the destination which the message goes to was not sent
 */
export function encodeMetadataMessage(
  metadata: SentMetadata,
  bitrates: Bitrates,
  dropped: FrameCounts,
): Buffer {
  switch (metadata.type) {
    case 'streamStart':
      return message('onStreamStart', { trigger: metadata.trigger, time: metadata.time });
    case 'streamEnd':
      return message('onStreamEnd', { alarmDuration: metadata.alarmDuration, time: metadata.time });
    case 'bitrate':
      return message('onBitrate', {
        audio: metadata.audio,
        video: metadata.video,
        measuredAudio: bitrates.audio ?? 0,
        measuredVideo: bitrates.video ?? 0,
      });
    case 'dropFrames':
      return message('onDropFrames', {
        audio: metadata.audio,
        video: metadata.video,
        measuredAudio: dropped.audio,
        measuredVideo: dropped.video,
      });
    case 'disconnect':
      return message('onDisconnect', { code: metadata.code });
    case 'triggerChange':
      return message('onTriggerChange', { from: metadata.from, to: metadata.to });
    default:
      return metadata satisfies never;
  }
}

function message(name: string, fields: AmfObject): Buffer {
  return encodeAmf0(name, fields);
}
