import { shortDuration } from '../../view/duration.js';

/** Bits a second as kbit/s, or Mbit/s from ten thousand on: `812 kbit/s`, `12.4 Mbit/s`, `1,012 Mbit/s`. */
export function bitRate(bitsPerSecond: number): string {
  if (bitsPerSecond < 9_999_500) return `${grouped(bitsPerSecond / 1000)} kbit/s`;
  const megabits = bitsPerSecond / 1e6;
  return `${megabits < 100 ? megabits.toFixed(1) : grouped(megabits)} Mbit/s`;
}

/** Bits a second as a number of kbit/s: 1,234. */
export function kilobits(bitsPerSecond: number): string {
  return grouped(bitsPerSecond / 1000);
}

/** 12,345 */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Bytes in the unit that suits them: `12.3 MB` (powers of 1000, as rates are). */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Since when, as one says it: the time of today, or the day and the time. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (new Date(now).toDateString() === date.toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** A moment to the second. */
export function exactMoment(at: number, now: number): string {
  return `${moment(at, now)}:${two(new Date(at).getSeconds())}`;
}

/** Until the next attempt: `in 12s`, or `now`. */
export function countdown(at: number, now: number): string {
  return at - now < 1000 ? 'now' : `in ${shortDuration(at - now)}`;
}

/** Share of a whole, in percent; 0 of nothing. */
export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.round((part / whole) * 100) : 0;
}

/** 1 channel, 2 channels */
export function plural(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
