import {
  type AudioCodec,
  type AudioParameters,
  type FlvTag,
  Muxer,
  MuxerError,
  readSampleHeader,
  TagRole,
} from '@cloudpush/muxer';
import type { ListReport } from './bounded-list.js';
import { type AudioConfiguration, audioConfiguration } from './configuration.js';
import { type ConfigurationChange, ConfigurationLog } from './configuration-log.js';
import type { DamageLog } from './damage-log.js';
import { EncryptionCounter, type EncryptionReport } from './encryption-counter.js';
import type { Sample } from './sample.js';
import { SampleClock, type SampleClockReport } from './sample-clock.js';
import { formAfter, type TagForm } from './tag-form.js';
import type { TrackInspection } from './track-inspection.js';
import { type TrackMeasures, TrackMeter, type TrackOptions } from './track-meter.js';

export interface AudioTrackReport extends TrackMeasures {
  readonly kind: 'audio';
  /** The number of the track in Enhanced RTMP's multitrack tags; 0 for ordinary ones. */
  readonly trackId: number;
  /** FLV only. */
  readonly form?: TagForm;
  /** Read from the first header; left out when none has come that can be read. */
  readonly configuration?: AudioConfiguration;
  readonly configurationChanges: ListReport<ConfigurationChange<AudioConfiguration>>;
  /** Left out where times are counted, and for codecs whose frames differ in length. */
  readonly sampleClock?: SampleClockReport;
  /** Tags that say that the sequence ends. */
  readonly endsOfSequence: number;
  /** Left out when no sample is encrypted. */
  readonly encryption?: EncryptionReport;
}

/** Codecs whose configuration, as an elementary stream has it, is a packet that the muxer takes. */
const CONFIGURATION_PACKETS: readonly AudioCodec[] = ['opus', 'flac'];

/** Looks at an audio track, with the eyes of the muxer: see `VideoTrackInspection`. */
export class AudioTrackInspection implements TrackInspection<AudioCodec> {
  readonly #trackId: number;
  readonly #damage: DamageLog;
  readonly meter: TrackMeter;
  readonly #clock: SampleClock | undefined;
  readonly #muxer = new Muxer({ onWarning: (warning) => this.#note(warning, this.#place) });
  /** Place of the packet at hand. */
  #place: { readonly offset: number; readonly at?: number } = { offset: 0 };
  readonly #configurations = new ConfigurationLog<AudioParameters, AudioConfiguration>(audioConfiguration);
  readonly #encryption = new EncryptionCounter();
  encryptedByCaller = false;
  #form: TagForm | undefined;
  #endsOfSequence = 0;

  constructor(trackId: number, options: TrackOptions, damage: DamageLog) {
    this.#trackId = trackId;
    this.#damage = damage;
    this.meter = new TrackMeter(options);
    this.#clock = options.clock === 'file' ? new SampleClock() : undefined;
  }

  seeForm(enhanced: boolean): void {
    this.#form = formAfter(this.#form, enhanced);
  }

  seeEndOfSequence(): void {
    this.#endsOfSequence++;
  }

  /** Takes in a sequence header, if the muxer needs it to read the frames. */
  configure(codec: AudioCodec, data: Uint8Array, offset: number): void {
    if (CONFIGURATION_PACKETS.includes(codec) && data.length > 0) {
      this.#mux(codec, data, { offset }, []);
    }
  }

  see(sample: Sample, codec: AudioCodec, data: Uint8Array): void {
    this.meter.see(sample);
    const tags: FlvTag[] = [];
    this.#seeEncryption(sample, codec, data);
    this.#mux(codec, data, { offset: sample.offset, at: sample.dts }, tags);
    const parameters = this.#muxer.audioParameters;
    if (parameters === undefined) return;
    const changed = tags.some(({ role }) => role === TagRole.audioSequenceHeader);
    this.#configurations.see(parameters, changed, sample.offset, sample.dts);
    this.#clock?.see(sample.dts, parameters.samplesPerFrame, parameters.sampleRate);
  }

  seeDamaged(sample: Sample, error: unknown): void {
    this.meter.see(sample);
    this.#note(error, { offset: sample.offset, at: sample.dts });
  }

  report(): AudioTrackReport {
    const { first } = this.#configurations;
    const sampleClock = this.#clock?.report();
    const encryption = this.#encryption.report();
    return {
      kind: 'audio',
      trackId: this.#trackId,
      ...(this.#form === undefined ? {} : { form: this.#form }),
      ...(first === undefined ? {} : { configuration: first }),
      configurationChanges: this.#configurations.report(),
      ...this.meter.report(),
      ...(sampleClock === undefined ? {} : { sampleClock }),
      endsOfSequence: this.#endsOfSequence,
      ...(encryption === undefined ? {} : { encryption }),
    };
  }

  /**
   * Appends the tags that the muxer makes of a packet: none, and a note of the damage, when it refuses it.
   */
  #mux(
    codec: AudioCodec,
    data: Uint8Array,
    place: { readonly offset: number; readonly at?: number },
    tags: FlvTag[],
  ): void {
    const encrypted = this.encryptedByCaller;
    this.#place = place;
    try {
      this.#muxer.audio(codec, { data, headroom: 0, dts: 0, pts: 0, encrypted }, tags);
    } catch (error) {
      this.#note(error, place);
    }
  }

  /** Counts the frame when it is encrypted: what stands in its place is a frame of silence. */
  #seeEncryption({ offset, dts }: Sample, codec: AudioCodec, data: Uint8Array): void {
    try {
      const header = this.encryptedByCaller ? undefined : readSampleHeader(codec, data);
      if (header !== undefined) this.#encryption.see(header, true, offset, dts);
    } catch (error) {
      this.#note(error, { offset, at: dts });
    }
  }

  #note(error: unknown, place: { readonly offset: number; readonly at?: number }): void {
    if (!(error instanceof MuxerError)) throw error;
    this.#damage.add({ ...place, track: 'audio' }, error);
  }
}
