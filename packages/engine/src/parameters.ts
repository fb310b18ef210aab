import { CloudPushError } from './errors.js';

/** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` unless `value` is an integer of `least` to `most`. */
export function integer(
  name: string,
  value: number | undefined,
  preset: number,
  least: number,
  most: number,
): number {
  if (value === undefined) return preset;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidParameter(name, value, `an integer from ${least} to ${most}`);
}

/** The first of `choices` is the default. */
export function oneOf<const T extends string>(name: string, value: T | undefined, choices: readonly T[]): T {
  if (value === undefined) return choices[0]!;
  if (choices.includes(value)) return value;
  throw invalidParameter(name, value, choices.map((choice) => `'${choice}'`).join(', '));
}

export function invalidParameter(name: string, actual: unknown, permitted: string): CloudPushError {
  const shown = typeof actual === 'string' ? `'${actual}'` : String(actual);
  return new CloudPushError(
    'ERR_CLOUDPUSH_INVALID_PARAMETER',
    `${name} is ${shown}; permitted: ${permitted}`,
    {
      details: { parameter: name, actual, permitted },
    },
  );
}
