import type { TrackDescription } from '../sdp/track-description.js';
import type { Depacketizer, DepacketizerContext } from './depacketizer.js';
import { G711Depacketizer } from './g711-depacketizer.js';
import { H264Depacketizer } from './h264-depacketizer.js';
import { H265Depacketizer } from './h265-depacketizer.js';
import { LatmDepacketizer } from './latm-depacketizer.js';
import type { MediaSink } from './media-sink.js';
import { Mpeg4GenericDepacketizer } from './mpeg4-generic-depacketizer.js';

/** The depacketizer for a track; undefined when its format is not supported. */
export function createDepacketizer(
  { format, clockRate }: TrackDescription,
  sink: MediaSink,
  context: DepacketizerContext,
): Depacketizer | undefined {
  switch (format.codec) {
    case 'h264':
      return new H264Depacketizer(format, sink, context);
    case 'h265':
      return new H265Depacketizer(format, sink, context);
    case 'aac':
      return format.packing === 'latm'
        ? new LatmDepacketizer(format, clockRate, sink, context)
        : new Mpeg4GenericDepacketizer(format, sink, context);
    case 'pcmu':
    case 'pcma':
      return new G711Depacketizer(sink, context);
    case 'unsupported':
      return undefined;
    default:
      return format satisfies never;
  }
}
