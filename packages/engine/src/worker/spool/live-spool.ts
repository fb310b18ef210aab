import type { FlvTag } from '@cloudpush/muxer';
import type { SegmentMark } from '../channel/segment-tracker.js';
import { StreamSpool } from './stream-spool.js';

/** After an outage the stream goes on with what comes: what is on disk is sent elsewhere, or stays there. */
export class LiveSpool extends StreamSpool {
  protected changeAt(tag: FlvTag, mark: SegmentMark | undefined): void {
    if (this.isSpooling && mark === undefined && this.media.recorder.canBeginAt(tag) && this.#mayResume)
      this.#resume();
    else if (this.isSpooling && this.parts.series.isOff) this.#resume();
  }

  /** The group under way goes to disk as a whole, that it may be sent again. */
  protected onFullWithinGroup(): boolean {
    const { media } = this;
    const { headers, segment, backlog } = this.parts.stream;
    // There is no rest of it.
    if (backlog.isSkipping) return false;
    const group = media.sent.pop();
    this.begin(group);
    const groups = group === undefined ? [] : [group];
    const start = { headers: headers.copy(), segment };
    this.writeOrKeep([{ groups, entries: media.takeWaiting(), start }], media.sent.last);
    return true;
  }

  get #mayResume(): boolean {
    const { publisher, backlog } = this.parts.stream;
    return publisher !== undefined && backlog.hasRoom;
  }

  #resume(): void {
    const { stream } = this.parts;
    const { recorder } = this.media;
    const { segment } = recorder;
    const headers = recorder.headers.copy();
    this.media.writeLate();
    recorder.seek({ headers, segment });
    const hasChanged = stream.headers.adopt(headers);
    this.resume();
    if (hasChanged) stream.restart();
    // Where the disk has failed in the middle of a group.
    stream.backlog.skipToKeyFrame();
    this.parts.onResumed(undefined);
  }
}
