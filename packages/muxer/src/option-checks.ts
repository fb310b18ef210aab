import { MuxerError } from './errors.js';

/** Longest text that an error repeats, in characters. */
const LONGEST_NAME = 40;

/**
 * Checks options, which callers without types may give as anything.
 * @param choices the texts that are permitted, for each option that is one of some
 * @throws MuxerError `ERR_CLOUDPUSH_INVALID_OPTION`
 */
export function checkOptions<T extends object>(
  options: T,
  choices: Readonly<Partial<Record<keyof T & string, readonly string[]>>>,
): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  for (const [field, permitted] of Object.entries(choices) as [keyof T & string, readonly string[]][]) {
    const value: unknown = options[field];
    if (value === undefined || permitted.includes(value as string)) continue;
    throw invalidOption(field, value, permitted.join(', '));
  }
}

export function invalidOption(field: string, value: unknown, permitted: string): MuxerError {
  const isName = typeof value === 'string' && value.length <= LONGEST_NAME;
  const actual = isName ? value : value === null ? 'null' : `a value of type ${typeof value}`;
  return new MuxerError('ERR_CLOUDPUSH_INVALID_OPTION', { field, actual, permitted });
}
