import { AdtsHeader } from '../aac/adts-header.js';
import { parseAudioSpecificConfig } from '../aac/audio-specific-config.js';
import { MuxerError } from '../errors.js';
import { AAC_HEADER_SIZE, SoundFormat } from '../flv/audio-tag-header.js';
import type { FlvTag } from '../flv/flv-tag.js';
import { requireMessageSize } from '../flv/tag-body.js';
import { wholeFrameAt } from '../frames/frame-sync.js';
import type { MediaPacket } from '../media-packet.js';
import type { AudioParameters } from '../parameters.js';
import type { AacTags } from './aac-tags.js';

/** Of a frame that may have been left its header; all tracks share it. */
const header = new AdtsHeader();

/** AAC frames without ADTS headers, one in a packet, with the AudioSpecificConfig that the caller gives. */
export class RawAacFrames {
  readonly #tags: AacTags;
  /** The configuration of the packet before, as it was given, and a copy of it. */
  #given: Uint8Array | undefined;
  #config: Uint8Array = new Uint8Array(0);
  /** The parameters of that configuration; undefined before the first. */
  parameters: AudioParameters | undefined;

  constructor(tags: AacTags) {
    this.#tags = tags;
  }

  /** Looks at a packet before anything is given out. Throws MuxerError. */
  check({ data, encrypted }: MediaPacket, configuration: Uint8Array): void {
    requireMessageSize(AAC_HEADER_SIZE + data.length, 'ERR_CLOUDPUSH_AUDIO_TOO_LARGE');
    if (configuration !== this.#given) this.#configure(configuration);
    if (encrypted !== true && data[0] === header.syncByte) requireRaw(data);
  }

  /** Sends a packet that has been checked; true: behind another configuration. */
  mux({ data, headroom }: MediaPacket, timestamp: number, out: FlvTag[]): boolean {
    const isNew = this.#tags.configure(this.#config, timestamp, out);
    this.#tags.frame(data, 0, data.length, headroom, timestamp, out);
    return isNew;
  }

  #configure(configuration: Uint8Array): void {
    const config = parseAudioSpecificConfig(configuration);
    if (config === undefined || config.channels === 0 || config.outputSampleRate === 0) {
      throw new MuxerError('ERR_CLOUDPUSH_AUDIO_CONFIGURATION_INVALID', {
        offset: 0,
        field: 'AudioSpecificConfig',
        actual: Buffer.from(configuration.subarray(0, 32)).toString('hex') || 'empty',
        permitted: 'object type, sampling frequency and channels',
      });
    }
    this.parameters = {
      codec: 'aac',
      sampleRate: config.outputSampleRate,
      channels: config.channels,
      sampleSize: 16,
      objectType: config.signalledObjectType,
      audioCodecId: SoundFormat.aac,
      samplesPerFrame: config.samplesPerFrame,
    };
    this.#config = Uint8Array.from(configuration);
    this.#given = configuration;
  }
}

/** No decoder finds a frame behind an ADTS header in FLV. */
function requireRaw(data: Uint8Array): void {
  if (wholeFrameAt(header, data, 0) !== data.length) return;
  throw new MuxerError('ERR_CLOUDPUSH_AUDIO_CONFIGURATION_INVALID', {
    offset: 0,
    actual: 'a frame behind an ADTS header',
    permitted: 'a raw frame; packets with ADTS headers have no configuration',
  });
}
