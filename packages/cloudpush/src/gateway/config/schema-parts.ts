import type { TSchema } from 'typebox';
import { Type } from '../schema-builder.js';
import { PROFILE_NAMES } from './engine-names.js';
import { DURATION_PATTERN, SIZE_PATTERN } from './units.js';

/**
 * Value types of the configuration. `x-range` gives the least and the most of a duration in ms or of a size
 * in bytes; `x-secret` marks values that are never shown.
 */

export function duration(description: string, least: number, most: number) {
  return Type.String({
    description,
    pattern: DURATION_PATTERN,
    examples: ['500ms', '10s', '1m30s'],
    'x-range': [least, most],
    'x-kind': 'duration',
  });
}

export function size(description: string, least: number, most: number) {
  return Type.String({
    description,
    pattern: SIZE_PATTERN,
    examples: ['8MiB', '256MiB'],
    'x-range': [least, most],
    'x-kind': 'size',
  });
}

/** A text, or where it is found: `env:NAME`, `file:/path`, `credential:name`. */
export function secret(description: string) {
  return Type.String({ description, minLength: 1, 'x-secret': true });
}

export function text(description: string, examples: string[] = []) {
  return Type.String(
    examples.length === 0 ? { description, minLength: 1 } : { description, minLength: 1, examples },
  );
}

export function address(description: string) {
  return Type.String({
    description,
    pattern: '^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_.-]*):\\d{1,5}$',
    examples: ['127.0.0.1:9997', '[::1]:9997', ':9997'],
    'x-kind': 'address',
  });
}

export function choice<const Names extends string[]>(description: string, names: [...Names]) {
  return Type.Enum(names, { description });
}

/** An object that takes no other keys. */
export function strict<Properties extends Record<string, TSchema>>(
  description: string,
  properties: Properties,
) {
  return Type.Object(properties, { description, additionalProperties: false });
}

export const optional = Type.Optional;

/** Ends of a wait that grows from one attempt to the next. */
export function retry(description: string) {
  return strict(description, {
    initial: optional(duration('Before the first attempt.', 10, 3_600_000)),
    max: optional(duration('The longest wait.', 10, 3_600_000)),
  });
}

export const PROFILES = ['auto', ...PROFILE_NAMES];
