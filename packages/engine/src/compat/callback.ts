import type { E_SV_EVENT_TYPE } from './event-type.js';

/**
 * Called for each event of a connection, in the order of their causes, never from within a function of this
 * interface. What it returns means nothing, and what it throws is logged.
 * @param lcid the connection's id
 * @param wparam the number of an error (`ErrorCode`) where the event has one, else 0
 * @param lparam 0
 */
export type EventCallback = (
  lcid: number,
  eventType: E_SV_EVENT_TYPE,
  wparam: number,
  lparam: number,
) => unknown;

/** The event that is told, as `EventCallback` names its parts. */
export interface CallbackEvent {
  readonly lcid: number;
  readonly eventType: E_SV_EVENT_TYPE;
  readonly wparam: number;
}

/** Calls back, and tells what the callback throws, at once or, should it be asynchronous, later. */
export function callBack(
  callback: EventCallback,
  { lcid, eventType, wparam }: CallbackEvent,
  onFailure: (error: unknown) => void,
): void {
  try {
    const returned = callback(lcid, eventType, wparam, 0);
    if (returned instanceof Promise) returned.catch(onFailure);
  } catch (error) {
    onFailure(error);
  }
}
