import { createReadStream } from 'node:fs';
import { unreadable } from '@cloudpush/engine/sources';
import { type DemuxedUnit, FlvDemuxer, FlvReader } from '@cloudpush/muxer';
import { errorText } from '../../../error-text.js';
import { ReceivedConfiguration } from './configuration.js';
import { fingerprint } from './fingerprint.js';
import type { Frame } from './frame.js';

/** The contents of a recording. */
export interface Recording {
  /** In the order of the file. */
  readonly frames: readonly Frame[];
  /** Faults of the file itself, one sentence each; a recording that plays has none. */
  readonly problems: readonly string[];
}

/** Reads a recording as far as it can be read: what hinders it is one of the problems. */
export async function readRecording(path: string): Promise<Recording> {
  const tape = new Tape();
  try {
    for await (const piece of createReadStream(path)) {
      tape.push(piece as Buffer);
    }
    tape.end();
  } catch (error) {
    tape.problems.push(errorText(isSystemError(error) ? unreadable(path, error) : error));
  }
  return tape;
}

/** Turns the bytes of an FLV file into frames, with nothing of it passed over. */
class Tape implements Recording {
  readonly frames: Frame[] = [];
  readonly problems: string[] = [];
  readonly #reader = new FlvReader();
  readonly #demuxer = new FlvDemuxer();
  readonly #configurations = { video: new ReceivedConfiguration(), audio: new ReceivedConfiguration() };

  push(piece: Uint8Array): void {
    for (const tag of this.#reader.push(piece)) {
      const unit = this.#demuxer.demux(tag);
      if (unit?.kind === 'config') {
        this.#configurations[unit.track].seeSequenceHeader(unit);
      } else if (unit !== undefined) {
        this.#add(unit);
      }
    }
  }

  end(): void {
    const { truncatedBytes, previousTagSizeErrors } = this.#reader.end();
    if (truncatedBytes > 0) {
      this.problems.push(`the last tag of the recording is cut off after ${truncatedBytes} bytes`);
    }
    if (previousTagSizeErrors > 0) {
      this.problems.push(`PreviousTagSize is wrong in ${previousTagSizeErrors} places of the recording`);
    }
    this.#checkFlags('video', this.#reader.header?.hasVideo);
    this.#checkFlags('audio', this.#reader.header?.hasAudio);
  }

  #add(unit: DemuxedUnit): void {
    const { track: kind, pts, dts, keyFrame } = unit;
    const configuration = this.#configurations[kind];
    configuration.seeSample(unit);
    this.frames.push({
      ...{ kind, pts, dts, keyFrame },
      fingerprint: fingerprint(unit),
      configuration: configuration.text,
    });
  }

  /** TypeFlagsAudio and TypeFlagsVideo (FLV E.2): players leave out a track that the header denies. */
  #checkFlags(track: 'video' | 'audio', told: boolean | undefined): void {
    const there = this.frames.some(({ kind }) => kind === track);
    if (told !== there) {
      this.problems.push(
        `the header of the recording says that there is ${told ? '' : 'no '}${track}, and ${there ? 'there is' : 'there is none'}`,
      );
    }
  }
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
