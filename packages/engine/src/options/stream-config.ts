import { types } from 'node:util';
import type { AudioCodec, HevcForm, InputClock, VideoCodec } from '@cloudpush/muxer';
import { integer, invalidParameter, invalidType, oneOf } from '../base/validation.js';
import type { ChannelSettings } from './options.js';

/**
 * Tracks that a stream will have: a codec when the caller has named it, `none` when there will be none,
 * undefined: it may come.
 */
export interface TrackPlan {
  readonly video: VideoCodec | 'none' | undefined;
  readonly audio: AudioCodec | 'none' | undefined;
  /** The longest that a stream which begins waits for its second track, in ms. */
  readonly wait: number;
}

/** Settings by which a channel's media becomes a stream. */
export interface StreamConfig {
  readonly hevc: HevcForm | 'auto';
  readonly inputClock: InputClock;
  readonly tracks: TrackPlan;
  /**
   * ms of media that are kept between two segments; undefined: none, and the stream begins with a segment.
   */
  readonly preRoll: number | undefined;
  /** It is opened without a destination: the latest group of pictures is kept for the first one. */
  readonly standby: boolean;
  /** Of packets of the caller that do not bring it along. */
  readonly configurations: TrackConfigurations;
}

/** The decoder configurations of a channel's tracks, with the codecs that they belong to. */
export interface TrackConfigurations {
  readonly video: TrackConfiguration<VideoCodec> | undefined;
  readonly audio: TrackConfiguration<AudioCodec> | undefined;
}

/** A decoder configuration, and its codec. */
export interface TrackConfiguration<Codec> {
  readonly codec: Codec;
  readonly bytes: Uint8Array;
}

/** Checks the options and fills in the defaults. */
export function channelConfig(options: ChannelSettings): StreamConfig {
  return {
    hevc: oneOf('hevc', options.hevc, ['auto', 'enhanced', 'legacy']),
    inputClock: oneOf('inputClock', options.inputClock, ['native', 'wrapping32']),
    tracks: trackPlan(options),
    standby: false,
    preRoll:
      options.preRoll === undefined
        ? undefined
        : integer('preRoll', options.preRoll, { preset: 0, least: 0, most: 120_000 }),
    configurations: {
      video: trackConfiguration('videoConfig', options.videoConfig, 'video', options.video ?? 'h264'),
      audio: trackConfiguration('audioConfig', options.audioConfig, 'audio', options.audio ?? 'aac'),
    },
  };
}

/** Longer ones are no configuration, in bytes. */
const MAX_CONFIGURATION = 65_536;
/**
 * Recognises a record by its first byte: `configurationVersion` 1, or marker and version 1 (AV1 in ISOBMFF
 * §2.3.3).
 */
const FIRST_BYTES: Readonly<Record<string, number>> = { h264: 1, h265: 1, av1: 0x81 };
/** Codecs whose packets tell all, and that have no configuration. */
const WITHOUT_CONFIGURATION: readonly string[] = ['none', 'mp3', 'g711a', 'g711u', 'ac3', 'eac3', 'vp9'];

function trackConfiguration<Codec extends string>(
  name: string,
  bytes: Uint8Array | undefined,
  track: string,
  codec: Codec | 'none',
): TrackConfiguration<Codec> | undefined {
  if (bytes === undefined) return undefined;
  if (!types.isUint8Array(bytes)) throw invalidType(name, bytes, 'a Uint8Array');
  if (codec === 'none' || WITHOUT_CONFIGURATION.includes(codec)) {
    throw invalidParameter(name, 'given', `nothing, where ${track} is '${codec}'`);
  }
  if (bytes.length === 0 || bytes.length > MAX_CONFIGURATION) {
    throw invalidParameter(`${name}.length`, bytes.length, `1 to ${MAX_CONFIGURATION} bytes`);
  }
  const first = FIRST_BYTES[codec];
  if (first !== undefined && bytes[0] !== first) {
    const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
    throw invalidParameter(name, start, `a decoder configuration record of ${codec}, not NAL units or OBUs`);
  }
  return { codec, bytes: Uint8Array.from(bytes) };
}

function trackPlan({ video, audio, trackWait }: ChannelSettings): TrackPlan {
  if (video === 'none' && audio === 'none') {
    throw invalidParameter(
      'video, audio',
      'none, none',
      'a codec for one of them; with data alone, leave them out',
    );
  }
  return { video, audio, wait: integer('trackWait', trackWait, { preset: 1000, least: 0, most: 60_000 }) };
}
