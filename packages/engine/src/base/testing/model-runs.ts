/** The variable that shortens models: the part of their runs that is wanted, above 0, at most 1. */
const SHARE = 'MODEL_SHARE';

/**
 * Number of steps that a model is to take: `all` of them, or the part that `MODEL_SHARE` asks for. Only `npm
 * run mutate` sets it, as it runs a model anew for each fault.
 * @throws RangeError when the variable is not above 0 and at most 1
 */
export function modelRuns(all: number): number {
  const share = Number(process.env[SHARE] ?? 1);
  if (!(share > 0 && share <= 1)) throw new RangeError(`${SHARE} ${share} is not above 0 and at most 1`);
  return Math.ceil(all * share);
}
