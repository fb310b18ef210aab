import {
  type FlvTag,
  Muxer,
  MuxerError,
  readSampleHeader,
  TagRole,
  type VideoCodec,
  type VideoParameters,
} from '@cloudpush/muxer';
import type { ListReport } from './bounded-list.js';
import { type VideoConfiguration, videoConfiguration } from './configuration.js';
import { type ConfigurationChange, ConfigurationLog } from './configuration-log.js';
import type { DamageLog } from './damage-log.js';
import { EncryptionCounter, type EncryptionReport } from './encryption-counter.js';
import { GopCounter, type GopReport } from './gop-counter.js';
import type { Sample } from './sample.js';
import { formAfter, type TagForm } from './tag-form.js';
import type { TrackInspection } from './track-inspection.js';
import { type TrackMeasures, TrackMeter, type TrackOptions } from './track-meter.js';

/** Number of pictures of each kind, by what is in them. */
export interface PictureCounts {
  /** Decoding can start there. */
  readonly key: number;
  /** Others may refer to them. */
  readonly inter: number;
  /** No other picture refers to them. */
  readonly disposable: number;
  /** Samples of SEI or parameter sets alone. */
  readonly withoutPicture: number;
  /** Their headers are damaged, or their parameter sets are missing. */
  readonly unreadable: number;
}

export interface VideoTrackReport extends TrackMeasures {
  readonly kind: 'video';
  /** The number of the track in Enhanced RTMP's multitrack tags; 0 for ordinary ones. */
  readonly trackId: number;
  /** FLV only. */
  readonly form?: TagForm;
  /** Read from the first parameter sets; left out when none have come that can be read. */
  readonly configuration?: VideoConfiguration;
  readonly configurationChanges: ListReport<ConfigurationChange<VideoConfiguration>>;
  /** Samples a second over the whole of the track; left out for a single one, and where times are counted. */
  readonly measuredFrameRate?: number;
  readonly pictures: PictureCounts;
  readonly gops: GopReport;
  /** Contradictions of container and bitstream: key frames that it does not mark, and marks on others. */
  readonly keyFrameMarks: { readonly missing: number; readonly wrong: number };
  /** Tags that say that the sequence ends. */
  readonly endsOfSequence: number;
  /** Left out when no sample is encrypted. */
  readonly encryption?: EncryptionReport;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Codecs whose configuration, as an elementary stream has it, is a packet that the muxer takes. */
const CONFIGURATION_PACKETS: readonly VideoCodec[] = ['h264', 'h265', 'av1'];

/**
 * Looks at a video track. The muxer of a live stream reads the samples: what it refuses here it would refuse
 * there. It is told no times, because it refuses those that step back.
 */
export class VideoTrackInspection implements TrackInspection<VideoCodec> {
  readonly #trackId: number;
  readonly #damage: DamageLog;
  readonly meter: TrackMeter;
  readonly #muxer = new Muxer({ slices: 'whole' });
  readonly #configurations = new ConfigurationLog<VideoParameters, VideoConfiguration>(videoConfiguration);
  readonly #gops = new GopCounter();
  readonly #pictures: Writable<PictureCounts> = {
    key: 0,
    inter: 0,
    disposable: 0,
    withoutPicture: 0,
    unreadable: 0,
  };
  readonly #marks = { missing: 0, wrong: 0 };
  readonly #encryption = new EncryptionCounter();
  encryptedByCaller = false;
  #form: TagForm | undefined;
  #endsOfSequence = 0;

  constructor(trackId: number, options: TrackOptions, damage: DamageLog) {
    this.#trackId = trackId;
    this.#damage = damage;
    this.meter = new TrackMeter(options);
  }

  seeForm(enhanced: boolean): void {
    this.#form = formAfter(this.#form, enhanced);
  }

  seeEndOfSequence(): void {
    this.#endsOfSequence++;
  }

  /** Takes in a sequence header: the parameter sets that are in it, if the codec has any. */
  configure(codec: VideoCodec, data: Uint8Array, offset: number): void {
    if (!CONFIGURATION_PACKETS.includes(codec) || data.length === 0) return;
    try {
      this.#muxer.video(codec, { data, headroom: 0, dts: 0, pts: 0 }, []);
    } catch (error) {
      this.#note(error, { offset });
    }
  }

  see(sample: Sample, codec: VideoCodec, data: Uint8Array): void {
    this.meter.see(sample);
    const tags: FlvTag[] = [];
    try {
      this.#seeEncryption(sample, codec, data);
      this.#mux(sample, codec, data, tags);
    } catch (error) {
      this.#seeRefused(sample, error);
      return;
    }
    const picture = tags.at(-1);
    if (picture === undefined) {
      this.#pictures.withoutPicture++;
      return;
    }
    const changed = tags.some(({ role }) => role === TagRole.videoSequenceHeader);
    this.#configurations.see(this.#muxer.videoParameters!, changed, sample.offset, sample.dts);
    this.#seePicture(sample, picture.role);
  }

  seeDamaged(sample: Sample, error: unknown): void {
    this.meter.see(sample);
    this.#seeRefused(sample, error);
  }

  report(): VideoTrackReport {
    const { first } = this.#configurations;
    const measures = this.meter.report();
    const { interval } = this.meter.timestamps;
    const encryption = this.#encryption.report();
    return {
      kind: 'video',
      trackId: this.#trackId,
      ...(this.#form === undefined ? {} : { form: this.#form }),
      ...(first === undefined ? {} : { configuration: first }),
      configurationChanges: this.#configurations.report(),
      ...(measures.timestamps?.clock === 'file' && interval > 0
        ? { measuredFrameRate: 1000 / interval }
        : {}),
      ...measures,
      pictures: { ...this.#pictures },
      gops: this.#gops.report(),
      keyFrameMarks: { ...this.#marks },
      endsOfSequence: this.#endsOfSequence,
      ...(encryption === undefined ? {} : { encryption }),
    };
  }

  /**
   * In words, where the container contradicts the pictures: players seek, and servers begin, by what it says.
   */
  get contradiction(): string | undefined {
    const { missing, wrong } = this.#marks;
    if (missing + wrong === 0) return undefined;
    const samples = `${this.meter.samples} ${this.meter.samples === 1 ? 'picture' : 'pictures'}`;
    return `frame types contradict the pictures: of ${samples}, ${wrong} marked as key frames are none, ${missing} key frames are not marked`;
  }

  #mux({ keyFrame }: Sample, codec: VideoCodec, data: Uint8Array, tags: FlvTag[]): void {
    const encrypted = this.encryptedByCaller;
    const detected = encrypted ? keyFrame : undefined;
    this.#muxer.video(codec, { data, headroom: 0, dts: 0, pts: 0, keyFrame: detected, encrypted }, tags);
  }

  #seeEncryption({ keyFrame, offset, dts }: Sample, codec: VideoCodec, data: Uint8Array): void {
    const header = this.encryptedByCaller ? undefined : readSampleHeader(codec, data);
    if (header !== undefined) this.#encryption.see(header, keyFrame, offset, dts);
  }

  #seePicture({ keyFrame: marked, dts, pts }: Sample, role: TagRole): void {
    const isKey = role === TagRole.keyFrame;
    this.#pictures[isKey ? 'key' : role === TagRole.disposableFrame ? 'disposable' : 'inter']++;
    this.#gops.see(isKey, dts, pts);
    if (isKey !== marked) this.#marks[marked ? 'wrong' : 'missing']++;
  }

  /**
   * A stream that is joined in the middle begins with pictures that lack their key frame: that is no damage.
   */
  #seeRefused(sample: Sample, error: unknown): void {
    if (error instanceof MuxerError && error.code === 'ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME') {
      this.#pictures.inter++;
      if (sample.keyFrame) this.#marks.wrong++;
      this.#gops.see(false, sample.dts, sample.pts);
      return;
    }
    this.#note(error, { offset: sample.offset, at: sample.dts });
    this.#pictures.unreadable++;
    this.#gops.see(sample.keyFrame, sample.dts, sample.pts);
  }

  #note(error: unknown, place: { readonly offset: number; readonly at?: number }): void {
    if (!(error instanceof MuxerError)) throw error;
    this.#damage.add({ ...place, track: 'video' }, error);
  }
}
