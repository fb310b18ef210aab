import type { AudioCodec, HevcForm, InputClock, VideoCodec } from '@cloudpush/muxer';
import type { ReconnectPolicy } from '../base/backoff.js';
import type { EngineLogger } from '../logging/engine-logger.js';
import type { Fence } from '../memory/fence.js';
import type { TokenProvider } from '../targets/push-target.js';
import type { TargetCache } from '../targets/target-cache.js';
import type { TargetRequest } from '../targets/target-request.js';
import type { TokenServerOptions } from '../targets/token-server-options.js';
import type { ConnectionOptions } from './connection-options.js';
import type { EncryptionOptions } from './encryption-options.js';
import type { SourceOptions } from './source-options.js';
import type { SpoolOptions, SpoolStoreOptions } from './spool-options.js';

/** Options of an engine. */
export interface PushEngineOptions {
  /**
   * Bytes of the media pool, which holds every packet from `send…` until the kernel has taken it. 65,536 to
   * 4,294,967,232. Default 64 MiB. For n channels with key frames of k bytes: 4 × n × (k + 192), where
   * `maxConnections` is n.
   */
  readonly poolSize?: number | undefined;
  /** The most destinations at once, over all channels, 1 to 65,535. Default 1,024. */
  readonly maxConnections?: number | undefined;
  /**
   * Worker threads, 1 to 64, over which channels are spread evenly. Default: one for every 256 of
   * `maxConnections`, but at most one for each processor, and 16; the next one is made use of when those
   * before it have 256 channels on average.
   */
  readonly shards?: number | undefined;
  /**
   * The longest that a packet may wait in its shard for others, so that they leave together, in ms: 0 to
   * 1,000. It trades latency for CPU time; the pool must have room for what waits. Default 0: a packet leaves
   * at once. With many channels, 40 is a good bargain; below 10 it costs more than it saves.
   */
  readonly maxBatchDelay?: number | undefined;
  /**
   * The longest that a sound frame waits for its channel's next picture, to leave with it in one write, in
   * ms: 0 to 1,000. Pictures never wait, and neither does the sound of a channel without pictures. Default
   * 40; with 0 sound leaves at once.
   */
  readonly maxAudioDelay?: number | undefined;
  /**
   * The most connections that are being made at a time, 1 to 65,535. Every worker thread that has channels
   * has an equal part of it, and at least one. Default 256.
   */
  readonly maxConnecting?: number | undefined;
  /** Aborts the engine: what is being made is given up, channels are aborted, and the engine closes. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Watches over the pool, for tests and bug hunts, at a cost: released memory is overwritten, a block that
   * is released twice is logged with the place, and `close` rejects with `ERR_CLOUDPUSH_INTERNAL` when a
   * block was, or is still in use, with channels, sizes and ages. Default: whether the environment variable
   * `CLOUDPUSH_DEBUG_POOL` is set.
   */
  readonly debugPool?: boolean | undefined;
  /** Token server that targets are asked of (`ChannelOptions.target`): its URL, or more options. */
  readonly tokenServer?: string | TokenServerOptions | undefined;
  /** Finds targets in place of the token server. */
  readonly tokenProvider?: TokenProvider | undefined;
  /** A memory of targets in place of both, which several engines may share. The engine does not close it. */
  readonly targets?: TargetCache | undefined;
  /** Logger that the engine writes to, such as the one that `createLogger` makes. Default: none. */
  readonly logger?: EngineLogger | undefined;
  /**
   * The file of the worker threads, `@cloudpush/engine/worker`, as a `file:` URL or an absolute path: for a
   * bundle, which has moved it. Default: the one beside the engine's own files.
   */
  readonly workerUrl?: string | URL | undefined;
  /**
   * A time from which on nothing may be sent any more, which the caller keeps moving: for who publishes under
   * a lease. Default: none, at no cost.
   */
  readonly fence?: Fence | undefined;
  /** Where destinations with `overflow: 'spool'` keep media on disk, and how much. Default: nowhere. */
  readonly spool?: SpoolStoreOptions | undefined;
}

/** A queue's limits; above either of them the channel pauses. */
export interface Watermark {
  /** Media accepted and not yet taken by the kernel, in bytes. */
  readonly bytes: number;
  /** Time that it took to come in, in ms: a gap in the source's timestamps does not count. */
  readonly ms: number;
}

/** A server that the caller knows. */
export interface UrlPlace {
  /**
   * `rtmp://host[:port]/app/name[/…]` or `rtmps://…`. `$time` in it is filled in with the ms since 1970, for
   * each connection and each segment.
   */
  readonly url: string;
  readonly target?: undefined;
}

/** A server that is asked for. */
export interface TargetPlace {
  /**
   * Asks for URL and token before each connection: the engine's `tokenServer` or `tokenProvider`. What has an
   * expiry is renewed ahead of it, and the stream moves to the new target without a gap.
   */
  readonly target: TargetRequest;
  readonly url?: undefined;
}

/** Place that a stream goes to: `url` or `target`, one of the two. */
export type DestinationPlace = UrlPlace | TargetPlace;

/** Options of a destination: one server that a channel's stream goes to. */
export type DestinationOptions = DestinationPlace & DestinationSettings;

/** Options of a channel: its source, and its first destination. */
export type ChannelOptions = DestinationPlace & ChannelSettings;

/** Options of a channel that is opened without a destination: what is about its source and its stream. */
export type StandbyOptions = Omit<ChannelSettings, keyof DestinationSettings | 'preRoll' | 'source'> & {
  readonly source: SourceOptions;
};

/** Settings by which a stream is brought to a server, whichever it is. */
export interface DestinationSettings {
  /**
   * Behaviour when the server is slower than the source. `'reject'` (default): the channel pauses and `send…`
   * returns false; what was accepted is never dropped. `'drop'`: queued media is dropped, disposable pictures
   * first, then whole groups of pictures, then audio, never a sequence header; `stats()` counts it. Of
   * several destinations, those that fall behind another one which has room (see `lowWatermark`) drop as
   * well, and do not make the source wait. `'spool'`: what does not fit, and what comes while a lost
   * connection is made again, goes to disk and is sent afterwards; the engine's option `spool` says where.
   */
  readonly overflow?: 'reject' | 'drop' | 'spool' | undefined;
  /** With `overflow: 'spool'`, what goes to disk, and how it is sent. */
  readonly spool?: SpoolOptions | undefined;
  /**
   * True, or a policy: a lost connection is made again, with exponential back-off and full jitter, quickly at
   * first; the stream goes on at a key frame, on the same clock. Packets that wait until then are given up
   * where the channel can go on with a worker thread that has clearly fewer channels. A refusal that another
   * attempt cannot mend (bad credentials, an unknown app) ends the destination all the same. Default false;
   * true: the default policy.
   */
  readonly reconnect?: boolean | Partial<ReconnectPolicy> | undefined;
  /**
   * A connection that takes nothing for so long while media waits is given up; 0: never. 0 to 3,600,000 ms.
   * Default 60,000.
   */
  readonly stallTimeout?: number | undefined;
  /** Above either limit the queue is full: see `overflow`. Default 8 MiB or 5,000 ms. */
  readonly highWatermark?: Partial<Watermark> | undefined;
  /** Below both limits there is room again. Default half of the high watermark. */
  readonly lowWatermark?: Partial<Watermark> | undefined;
  /** The longest that connecting may take, 1 to 600,000 ms. Default 10,000. */
  readonly connectTimeout?: number | undefined;
  /**
   * The longest that `close` waits for queued media to leave, 1 to 600,000 ms. Default 10,000. It ends sooner
   * when no attempt to connect is left before then.
   */
  readonly closeTimeout?: number | undefined;
  /**
   * Bytes of an outgoing RTMP chunk (RTMP 1.0 §5.4.1), 128 to 16,777,215. Default: as the server is known to
   * like.
   */
  readonly chunkSize?: number | undefined;
  /**
   * True: a video stream ends with an end-of-sequence tag (FLV E.4.3.1), which tells a decoder to show what
   * it holds back, and which breaks some servers. Default false.
   */
  readonly endOfSequence?: boolean | undefined;
  /**
   * Connection of the next segment's stream: on the same connection, on a new one for each, or `'auto'`
   * (default): on the same unless the server is known not to bear it (lal, which a second `publish` ends,
   * ZLMediaKit, MediaMTX, xiu, YouTube). A server that closes the connection at the end of a segment or on
   * the second `publish` gets a new one, nothing is lost, and from then on each segment has its own. The
   * event `move` tells of a new one.
   */
  readonly segmentConnection?: 'auto' | 'same' | 'new' | undefined;
  /**
   * True: somebody only looks on, as with a preview. How such a destination ends is no part of the channel's
   * `CloseReport`, which tells of the others. Default false.
   */
  readonly observer?: boolean | undefined;
  /** Aborts the destination: its connection is reset. Of `openChannel`: aborts the channel. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Settings of the connection: TLS, proxy, token, credentials, server profile and more. Plain data only.
   */
  readonly connection?: ConnectionOptions | undefined;
}

/** A source, and how its stream is brought to the first server, whichever it is. */
export interface ChannelSettings extends DestinationSettings {
  /**
   * The source that the worker thread reads itself: a camera, a file, a command, a module. `sendVideo` and
   * `sendAudio` are refused then, and `overflow` is `'drop'` or `'spool'`, as a camera cannot be made to
   * wait. Default: the caller sends the packets.
   */
  readonly source?: SourceOptions | undefined;
  /**
   * Sends segments only: nothing is published before the first `streamStart`, and between two segments. At
   * least so much of what came before a `streamStart`, in ms, 0 to 120,000, goes in front of its segment,
   * from a key frame on; the pool holds it meanwhile, and when that has little room, the latest group of
   * pictures alone. Of a channel with a `source` only. Default: the stream begins at once.
   */
  readonly preRoll?: number | undefined;
  /**
   * The caller's name for the channel, in each line of the log about it: 1 to 128 characters, shown as they
   * are.
   */
  readonly label?: string | undefined;
  /**
   * Codec of `sendVideo`, default `'h264'`; or `'none'`: the stream has no video, and its start does not wait
   * for any. All codecs but H.264, AAC and MP3 go out in the form of Enhanced RTMP, also to a server that
   * announces nothing. A destination ends with `ERR_CLOUDPUSH_CODEC_REFUSED` when its server has announced
   * other codecs only, or closes on the first header. For H.265 see `hevc`.
   */
  readonly video?: VideoCodec | 'none' | undefined;
  /** Codec of `sendAudio`, default `'aac'`; or `'none'`, as with `video`. */
  readonly audio?: AudioCodec | 'none' | undefined;
  /**
   * The decoder configuration of the track, when it does not come in the stream: an `avcC` (ISO/IEC 14496-15
   * §5.3.3.1) or `hvcC` record (§8.3.3.1), or `av1C`. Packets of the codec `video` are then NAL units with
   * their lengths in front, as MP4, Matroska and RTSP have them, instead of start codes; the sizes of those
   * lengths are the record's. Not with a `source`. Default: packets bring it along.
   */
  readonly videoConfig?: Uint8Array | undefined;
  /**
   * The same for sound: an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), which makes packets raw AAC frames
   * without ADTS headers; an `OpusHead`, or a `fLaC` header. Not with a `source`.
   */
  readonly audioConfig?: Uint8Array | undefined;
  /**
   * The longest that a stream which begins waits for its second track, in ms, 0 to 60,000: `onMetaData` and
   * the headers of both go out before the first frame, as servers and players take the list of tracks from
   * what they see first. After that it begins without the track, whose codec is announced all the same when
   * `video` or `audio` names it. Default 1,000.
   */
  readonly trackWait?: number | undefined;
  /**
   * Form in which H.265 is sent: Enhanced RTMP (`hvc1`), the older codec id 12, or `'auto'` (default):
   * Enhanced unless the server has announced other codecs only or is known to take nothing else than codec id
   * 12; a server that closes on the first header is sent codec id 12 at once. The first server that answers
   * decides for all destinations.
   */
  readonly hevc?: HevcForm | 'auto' | undefined;
  /** `'wrapping32'` when `pts` and `dts` are unsigned 32-bit milliseconds that wrap. Default `'native'`. */
  readonly inputClock?: InputClock | undefined;
  /**
   * Encryption of video and audio, from the first frame on: see docs/metadata.md. H.264, H.265, AAC and MP3
   * can be encrypted. Default: none.
   */
  readonly encryption?: EncryptionOptions | undefined;
}
