/** A value as JSON has it. */
type JsonValue = unknown;

type JsonObject = Readonly<Record<string, JsonValue>>;

/**
 * The JSON merge patch (RFC 7396) that makes `before` into `after`; undefined when they are equal. Parts that
 * are null or undefined count as absent, as a merge patch cannot say anything else of them.
 */
export function mergePatchBetween(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const patch: Record<string, JsonValue> = {};
  let isEmpty = true;
  for (const key of Object.keys(after)) {
    const part = partPatch(before[key], after[key]);
    if (part === undefined) continue;
    define(patch, key, part);
    isEmpty = false;
  }
  for (const key of Object.keys(before)) {
    if (isAbsent(before[key]) || Object.hasOwn(after, key)) continue;
    define(patch, key, null);
    isEmpty = false;
  }
  return isEmpty ? undefined : patch;
}

/** Makes the patch of one part; undefined: nothing has changed. */
function partPatch(before: JsonValue, after: JsonValue): JsonValue {
  if (before === after) return undefined;
  if (isAbsent(after)) return isAbsent(before) ? undefined : null;
  if (isObject(before) && isObject(after)) return mergePatchBetween(before, after);
  if (Array.isArray(before) && Array.isArray(after) && isSame(before, after)) return undefined;
  return after;
}

/** Lists are replaced as a whole. */
function isSame(a: readonly JsonValue[], b: readonly JsonValue[]): boolean {
  return a.length === b.length && JSON.stringify(a) === JSON.stringify(b);
}

function isAbsent(value: JsonValue): boolean {
  return value === undefined || value === null;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Assignment to `__proto__` would be something else. */
function define(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Applies a merge patch to a value (RFC 7396 §2); `target` itself stays as it is. */
export function applyMergePatch(target: JsonValue, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch;
  const result: Record<string, JsonValue> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else define(result, key, applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}
