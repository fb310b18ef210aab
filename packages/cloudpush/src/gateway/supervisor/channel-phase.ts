import type { ChannelCloseOptions } from '@cloudpush/engine';
import type { MediaChannel } from './media-engine.js';

/** How a channel ends that another node goes on with; the longest that a group of pictures is waited for. */
export const HAND_OVER: ChannelCloseOptions = { untilKeyFrame: 10_000 };

/** Phase of a channel. */
export type ChannelPhase =
  | { readonly type: 'disabled' }
  /** It waits for its turn to start. */
  | { readonly type: 'queued'; readonly leave: () => void }
  | { readonly type: 'running'; readonly channel: MediaChannel; readonly started: () => void }
  /** All its destinations are refused, or the engine could not open it; it is tried again. */
  | { readonly type: 'waiting'; readonly leave: () => void }
  /** `channel` goes on until a key frame, for another node to go on from there. */
  | { readonly type: 'closing'; readonly done: Promise<unknown>; readonly channel?: MediaChannel };

/** The engine's channel, while it sends. */
export function mediaOf(phase: ChannelPhase): MediaChannel | undefined {
  return 'channel' in phase ? phase.channel : undefined;
}

/** Whether the channel runs, or will. */
export function isEnabledIn({ type }: ChannelPhase): boolean {
  return type !== 'disabled' && type !== 'closing';
}

/** Whether another node goes on with the channel when it has ended here. */
export function isHandedOver(phase: ChannelPhase): boolean {
  return phase.type === 'closing' && phase.channel !== undefined;
}
