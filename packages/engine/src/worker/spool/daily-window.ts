import type { DailyWindow } from '../../options/spool-config.js';

/** Whether a time, in ms since 1970, lies in the hours of the machine's day. */
export function isInWindow(window: DailyWindow | undefined, wall: number): boolean {
  if (window === undefined) return true;
  const time = new Date(wall);
  const minute = time.getHours() * 60 + time.getMinutes();
  const { from, to } = window;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}
