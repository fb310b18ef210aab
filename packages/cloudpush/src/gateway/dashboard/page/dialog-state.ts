import { computed, signal } from '@preact/signals';

/** Question that is asked before something is done that cannot be taken back. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** Text of the button. */
  readonly yes: string;
  readonly onYes: () => void;
}

/** A channel that is edited. */
export interface EditorTarget {
  /** Undefined: a new channel. */
  readonly name: string | undefined;
}

/** The question that is asked. */
export const question = signal<Question | undefined>(undefined);
/** The channel that is edited, or added. */
export const editor = signal<EditorTarget | undefined>(undefined);

export const isDialogOpen = computed(() => question.value !== undefined || editor.value !== undefined);

export function ask(next: Question): void {
  question.value = next;
}

/** @param name undefined: a new channel */
export function openEditor(name: string | undefined): void {
  editor.value = { name };
}

export function closeEditor(): void {
  editor.value = undefined;
}
