/** Fields that are written in front of the message, not behind it. */
const HEAD_FIELDS = new Set(['level', 'time', 'pid', 'msg', 'err']);

/** The names of pino's levels, and of ours, with the SGR code of their colour (ECMA-48 §8.3.117). */
const LEVELS: Readonly<Record<number, readonly [name: string, color: number]>> = {
  10: ['TRACE', 90],
  20: ['DEBUG', 90],
  30: ['INFO', 34],
  35: ['MAIN', 32],
  40: ['WARN', 33],
  50: ['ERROR', 31],
  60: ['FATAL', 41],
};

/** An error as pino's serializer writes it. */
interface LoggedError {
  readonly message?: string;
  readonly stack?: string;
}

/**
 * A line of the log for people to read: time, level, message, the other fields as JSON, and the stack of an
 * error. A line that is not a JSON object, as another program may write it, stays as it is.
 */
export function consoleLine(line: string, colorize: boolean): string {
  const entry = parseEntry(line);
  if (entry === undefined) return `${line}\n`;
  const { level, time, msg, err } = entry;
  const [name, color] = LEVELS[Number(level)] ?? [`LEVEL ${String(level)}`, 37];
  const shown = colorize ? `\u001b[${color}m${name}\u001b[39;49m` : name;
  const message = msg === undefined ? '' : ` ${String(msg)}`;
  return `[${localTime(time)}] ${shown}:${message}${otherFields(entry)}\n${errorLines(err as LoggedError | undefined)}`;
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function otherFields(entry: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(entry).filter(([name]) => !HEAD_FIELDS.has(name));
  return fields.length === 0 ? '' : ` ${JSON.stringify(Object.fromEntries(fields))}`;
}

function errorLines(error: LoggedError | undefined): string {
  const text = error?.stack ?? error?.message;
  return text === undefined ? '' : `${text.replace(/^/gm, '    ')}\n`;
}

/** `2026-05-04 13:14:15.016` where the program runs. */
function localTime(time: unknown): string {
  const at = new Date(time as string | number);
  if (Number.isNaN(at.getTime())) return String(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${date} ${clock}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
