import type { ComponentChildren } from 'preact';

/** Attributes that tie an input to its label and its faults. */
interface InputAttributes {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby'?: string;
}

export interface FieldProps {
  readonly label: string;
  readonly id: string;
  readonly hint?: string;
  readonly faults?: readonly string[] | undefined;
  readonly children: (attributes: InputAttributes) => ComponentChildren;
}

/** An input with its label, and what is wrong with it right below. */
export function Field({ label, id, hint, faults = [], children }: FieldProps) {
  const hasFaults = faults.length > 0;
  const described = `${id}-about`;
  const isDescribed = hasFaults || hint !== undefined;
  return (
    <div class={`field ${hasFaults ? 'faulty' : ''}`}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-invalid': hasFaults, ...(isDescribed && { 'aria-describedby': described }) })}
      {isDescribed && (
        <p id={described} class={hasFaults ? 'fault' : 'hint'} role={hasFaults ? 'alert' : undefined}>
          {hasFaults ? faults.join('; ') : hint}
        </p>
      )}
    </div>
  );
}
