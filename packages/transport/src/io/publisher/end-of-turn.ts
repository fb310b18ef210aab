/** Called when the present turn of the event loop ends. */
export interface TurnListener {
  endTurn(): void;
}

let listeners: TurnListener[] = [];

/**
 * Calls `listener.endTurn()` once the running code is done. One tick serves all connections that have
 * gathered something.
 */
export function atEndOfTurn(listener: TurnListener): void {
  if (listeners.length === 0) process.nextTick(endTurn);
  listeners.push(listener);
}

function endTurn(): void {
  const ending = listeners;
  listeners = [];
  for (const listener of ending) listener.endTurn();
}
