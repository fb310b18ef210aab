import { play } from '../../sources/play.js';
import type { MediaSource } from '../../sources/source.js';
import type { ChannelOutcome } from '../push/channel-run.js';
import { compareFrames, type Difference } from '../verification/compare.js';
import { readFrames, readRecording } from '../verification/recording.js';
import type { ReceivedRecording } from './receiver-process.js';

/** What was received of one channel, against what was sent. */
export interface ChannelVerdict {
  readonly outcome: ChannelOutcome;
  readonly recording: ReceivedRecording | undefined;
  readonly framesSent: number;
  readonly framesReceived: number;
  /** Frames that arrived as they were sent. */
  readonly matched: number;
  readonly differences: readonly Difference[];
  /** Nothing differs, and the channel ended cleanly on both sides. */
  readonly ok: boolean;
}

/** Compares every recording with what its channel was sent: `source`, played over and over. */
export async function verify(
  source: MediaSource,
  outcomes: readonly ChannelOutcome[],
  recordingOf: (outcome: ChannelOutcome) => ReceivedRecording | undefined,
): Promise<ChannelVerdict[]> {
  const most = Math.max(0, ...outcomes.map(framesOf));
  const sent = await readFrames(play(source, Number.POSITIVE_INFINITY), most);
  const verdicts: ChannelVerdict[] = [];
  for (const outcome of outcomes) {
    const recording = recordingOf(outcome);
    const received = recording === undefined ? [] : await readRecording(recording.file);
    const framesSent = framesOf(outcome);
    const { matched, differences } = compareFrames(sent.slice(0, framesSent), received);
    verdicts.push({
      outcome,
      recording,
      framesSent,
      framesReceived: received.length,
      matched,
      differences,
      ok: differences.length === 0 && outcome.complete && recording?.clean === true,
    });
  }
  return verdicts;
}

function framesOf({ videoFrames, audioFrames }: ChannelOutcome): number {
  return videoFrames + audioFrames;
}
