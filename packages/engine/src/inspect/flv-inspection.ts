import {
  type FlvFileHeader,
  type FlvFileTag,
  FlvReader,
  FlvWriter,
  MuxerError,
  TagType,
} from '@cloudpush/muxer';
import { sourceErrorCodes } from '../base/source-error-codes.js';
import type { DamageLog } from './damage-log.js';
import type { FilePieces } from './file-pieces.js';
import type { ContentReport } from './file-report.js';
import { FlvClock } from './flv-clock.js';
import { FlvTracks } from './flv-tracks.js';
import { ScriptData } from './script-data.js';
import { type SynchronizationReport, synchronization } from './synchronization.js';
import { findTag } from './tag-finder.js';

/** Places where bytes are passed over; a file with more of them is not worth the time. */
const MAX_LOST_PLACES = 1000;

/** Reason why the bytes from some offset on are no tag. */
interface Loss {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
}

/** Looks at an FLV file. Where its bytes make no sense it goes on with the next whole tag. */
export class FlvInspection {
  readonly #pieces: FilePieces;
  readonly #damage: DamageLog;
  readonly #tracks: FlvTracks;
  readonly #script: ScriptData;
  readonly #clock = new FlvClock();
  #reader = new FlvReader();
  /** Added to the offsets of the reader. */
  #base = 0;
  #header: FlvFileHeader | undefined;
  #losses = 0;
  #previousTagSizeErrors = 0;

  /** @param gapThreshold ms */
  constructor(pieces: FilePieces, gapThreshold: number, damage: DamageLog) {
    this.#pieces = pieces;
    this.#damage = damage;
    this.#tracks = new FlvTracks({ clock: 'file', gapThreshold }, damage);
    this.#script = new ScriptData(damage);
  }

  async run(): Promise<ContentReport> {
    await this.#readAll();
    this.#tracks.end();
    this.#noticeOddities();
    const { video, audio } = this.#tracks;
    const together = this.#synchronization();
    return {
      tracks: [...video, ...audio].map((track) => track.report()),
      ...(together === undefined ? {} : { synchronization: together }),
      metadata: this.#script.metadata,
      events: this.#script.events,
    };
  }

  async #readAll(): Promise<void> {
    let offset = 0;
    while (true) {
      const piece = await this.#pieces.read(offset);
      offset += piece.length;
      const loss = piece.length === 0 ? this.#end(offset) : this.#push(piece);
      if (loss !== undefined) {
        const next = await this.#findNext(loss);
        if (next === undefined) return;
        offset = next;
      } else if (piece.length === 0) {
        return;
      }
    }
  }

  #push(piece: Uint8Array): Loss | undefined {
    try {
      for (const tag of this.#reader.push(piece)) this.#see(tag);
      this.#header ??= this.#reader.header;
      return undefined;
    } catch (error) {
      return this.#lossOf(error);
    }
  }

  #see({ type, timestamp, payload, offset: readerOffset }: FlvFileTag): void {
    const at = this.#clock.see(timestamp);
    const offset = this.#base + readerOffset;
    if (type === TagType.scriptData) {
      const message = this.#script.see(payload, offset, at);
      if (message !== undefined) this.#tracks.seeMessage(message);
    } else {
      this.#tracks.see({ type, timestamp, payload, offset, at });
    }
  }

  /** @param size of the file */
  #end(size: number): Loss | undefined {
    try {
      const { truncatedBytes, previousTagSizeErrors } = this.#reader.end();
      this.#previousTagSizeErrors += previousTagSizeErrors;
      if (truncatedBytes === 0) return undefined;
      const message = `the file ends ${truncatedBytes} bytes into this tag`;
      return { offset: size - truncatedBytes, code: sourceErrorCodes.invalid, message };
    } catch (error) {
      return this.#lossOf(error);
    }
  }

  #lossOf(error: unknown): Loss {
    if (!(error instanceof MuxerError)) throw error;
    const { code, message, details } = error;
    return { offset: this.#base + (details.offset ?? 0), code, message };
  }

  /**
   * Finds the next whole tag, to read on there. A tag that reaches past the end of the file may just have a
   * wrong size.
   */
  async #findNext({ offset, code, message }: Loss): Promise<number | undefined> {
    this.#losses++;
    if (this.#losses > MAX_LOST_PLACES) {
      this.#damage.add({ offset }, { code, message: `${message}; the rest was not inspected` });
      return undefined;
    }
    const next = await findTag(this.#pieces, offset + 1);
    const rest = next === undefined ? '; no tag follows' : `; the next whole tag is at byte ${next}`;
    this.#damage.add({ offset }, { code, message: message + rest });
    if (next !== undefined) this.#readFrom(next);
    return next;
  }

  /** Begins anew, with a header of our own in front of the tag. */
  #readFrom(offset: number): void {
    const header = new FlvWriter().header();
    this.#header ??= this.#reader.header;
    this.#reader = new FlvReader();
    this.#reader.push(header);
    this.#base = offset - header.length;
  }

  #noticeOddities(): void {
    const count = this.#previousTagSizeErrors;
    if (count > 0) {
      this.#damage.notice(`PreviousTagSize is wrong in ${count === 1 ? '1 place' : `${count} places`}`);
    }
    for (const { contradiction } of this.#tracks.video)
      if (contradiction !== undefined) this.#damage.notice(contradiction);
    this.#noticeFlag('video', this.#header?.hasVideo, this.#tracks.video.length > 0);
    this.#noticeFlag('audio', this.#header?.hasAudio, this.#tracks.audio.length > 0);
  }

  /** TypeFlagsVideo and TypeFlagsAudio (FLV E.2): players leave out a track that the header denies. */
  #noticeFlag(track: string, told: boolean | undefined, there: boolean): void {
    if (told !== undefined && told !== there) {
      const [says, is] = there ? [`no ${track}`, 'there is some'] : [track, 'there is none'];
      this.#damage.notice(`the file header says that there is ${says}, and ${is}`);
    }
  }

  #synchronization(): SynchronizationReport | undefined {
    const video = this.#tracks.video.find(({ meter }) => meter.samples > 0);
    const audio = this.#tracks.audio.find(({ meter }) => meter.samples > 0);
    if (video === undefined || audio === undefined) return undefined;
    return synchronization(video.meter.timestamps, audio.meter.timestamps);
  }
}
