import type { Tone } from '../model/tones.js';

/** Each tone has a shape, so that nobody needs to tell colours apart. */
const shapes: Readonly<Record<Tone, string>> = {
  // disc, half disc, triangle, square on its corner, ring
  good: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z',
  busy: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zm0 2v8a4 4 0 0 0 0-8z',
  warning: 'M8 1.5 15 14H1z',
  bad: 'M8 .8 15.2 8 8 15.2.8 8z',
  off: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zm0 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
};

export interface LampProps {
  readonly tone: Tone;
  readonly word: string;
  /** Name of its owner, where that does not stand beside it. */
  readonly of?: string;
}

/** A state: shape, colour and word. */
export function Lamp({ tone, word, of }: LampProps) {
  return (
    <span class={`lamp ${tone}`}>
      <Shape tone={tone} />
      {of !== undefined && <span class="of">{of}</span>}
      <span>{word}</span>
    </span>
  );
}

/** The shape alone, where the word stands beside it. */
export function Shape({ tone }: { readonly tone: Tone }) {
  return (
    <svg class={`shape ${tone}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapes[tone]} fill-rule="evenodd" />
    </svg>
  );
}
