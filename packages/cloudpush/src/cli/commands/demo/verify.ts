import type { MediaSource } from '@cloudpush/engine/sources';
import { play } from '@cloudpush/engine/sources';
import type { ChannelOutcome } from '../push/channel-run.js';
import { causeText } from '../push/failures.js';
import type { ReceivedRecording } from './receiver-process.js';
import { compareFrames, type Difference } from './verification/compare.js';
import type { Frame } from './verification/frame.js';
import { type Recording, readRecording } from './verification/recording.js';
import { readFrames } from './verification/sent-frames.js';

/** The comparison of one channel's received frames with those that were sent. */
export interface ChannelVerdict {
  readonly outcome: ChannelOutcome;
  readonly recording: ReceivedRecording | undefined;
  readonly framesSent: number;
  readonly framesReceived: number;
  /** Frames that arrived as they were sent. */
  readonly matched: number;
  readonly differences: readonly Difference[];
  /** Faults beside the frames, on either side, one sentence each. */
  readonly problems: readonly string[];
  /**
   * Nothing differs and nothing went wrong: the channel ended cleanly on both sides, and the recording plays.
   */
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
    verdicts.push(await verifyChannel(sent.slice(0, framesOf(outcome)), outcome, recordingOf(outcome)));
  }
  return verdicts;
}

async function verifyChannel(
  sent: readonly Frame[],
  outcome: ChannelOutcome,
  recording: ReceivedRecording | undefined,
): Promise<ChannelVerdict> {
  const received = recording === undefined ? NOTHING : await readRecording(recording.file);
  const { matched, differences } = compareFrames(sent, received.frames);
  const problems = [
    ...(outcome.complete ? [] : [causeText(outcome)]),
    ...receptionProblems(recording),
    ...received.problems,
  ];
  return {
    outcome,
    recording,
    framesSent: framesOf(outcome),
    framesReceived: received.frames.length,
    matched,
    differences,
    problems,
    ok: differences.length === 0 && problems.length === 0,
  };
}

const NOTHING: Recording = { frames: [], problems: [] };

function receptionProblems(recording: ReceivedRecording | undefined): string[] {
  if (recording === undefined) return ['there is no recording'];
  if (recording.error !== undefined) {
    return [`the receiver: ${recording.error.message}`];
  }
  return recording.clean ? [] : ['the receiver did not see a clean end'];
}

function framesOf({ videoFrames, audioFrames }: ChannelOutcome): number {
  return videoFrames + audioFrames;
}
