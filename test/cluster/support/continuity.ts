import { slices } from '../../engine/scripted-camera.js';

interface Continuity {
  /** Pictures that come a second time. */
  readonly twice: number;
  /** The longest gap between two, in pictures. */
  readonly gap: number;
}

const numbers = new Map(slices.map((slice, index) => [slice.toString('latin1'), index]));

/** Looks for what is missing, or comes twice, in pictures of the scripted camera, by their numbers. */
export function continuity(seen: readonly Buffer[]): Continuity {
  // Pictures that are alike could not be told apart.
  if (numbers.size !== slices.length) throw new Error('two pictures of the camera are alike');
  const pictures = seen.map((slice) => numbers.get(slice.toString('latin1'))!);
  const steps = pictures
    .slice(1)
    .map((one, index) => (one - pictures[index]! + slices.length) % slices.length);
  const isBack = (step: number): boolean => step === 0 || step > slices.length / 2;
  const forward = steps.filter((step) => !isBack(step));
  const back = steps.filter(isBack).map((step) => ((slices.length - step) % slices.length) + 1);
  return { twice: back.reduce((sum, count) => sum + count, 0), gap: Math.max(...forward) - 1 };
}
