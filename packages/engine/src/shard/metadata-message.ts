import { type AmfObject, encodeAmf0 } from '@cloudpush/transport';
import type { StreamMetadata } from '../metadata.js';

/** What the shard itself has counted and measured. */
export interface Measured {
  /** Bit rates of the media in bit/s, 0 until they are known. */
  readonly audioBitrate: number;
  readonly videoBitrate: number;
  /** Frames that the destination which the message goes to was not sent, since it was added. */
  readonly audioDropped: number;
  readonly videoDropped: number;
}

/** The body of the data message (RTMP 1.0 §7.1.2) that metadata goes out as: a name and one object, in AMF0. */
export function encodeMetadataMessage(metadata: StreamMetadata, measured: Measured): Buffer {
  switch (metadata.type) {
    case 'streamStart':
      return message('onStreamStart', { trigger: metadata.trigger, time: metadata.time });
    case 'streamEnd':
      return message('onStreamEnd', { alarmDuration: metadata.alarmDuration, time: metadata.time });
    case 'bitrate':
      return message('onBitrate', {
        audio: metadata.audio,
        video: metadata.video,
        measuredAudio: measured.audioBitrate,
        measuredVideo: measured.videoBitrate,
      });
    case 'dropFrames':
      return message('onDropFrames', {
        audio: metadata.audio,
        video: metadata.video,
        measuredAudio: measured.audioDropped,
        measuredVideo: measured.videoDropped,
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
