import type { ChannelState, GatewayState } from '../../state.js';
import { GatewayView } from '../gateway-view.js';
import { streamedState } from './streamed.js';

/** `data` of the event `snapshot` with these channels. */
function snapshotOf(channels: readonly ChannelState[], changes: Partial<GatewayState> = {}): string {
  return JSON.stringify({ ...streamedState(channels, changes), recent: [] });
}

/** The view after a snapshot. */
export function viewOf(channels: readonly ChannelState[], changes?: Partial<GatewayState>): GatewayView {
  const view = new GatewayView();
  view.take({ event: 'snapshot', data: snapshotOf(channels, changes) });
  return view;
}

/** Hands a merge patch to a view. */
export function delta(view: GatewayView, patch: unknown): void {
  view.take({ event: 'delta', data: JSON.stringify({ patch, events: [] }) });
}
