import type { TSchema } from 'typebox';
import { Type } from '../../schema-builder.js';

/** ms since 1970. */
export function time(description: string) {
  return Type.Number({ description: `${description} In ms since 1970.` });
}

export function count(description: string) {
  return Type.Integer({ minimum: 0, description });
}

export function text(description: string) {
  return Type.String({ description });
}

export function choice<const Names extends string[]>(description: string, names: [...Names]) {
  return Type.Enum(names, { description, type: 'string' });
}

/** Values by name. */
export function byName<Value extends TSchema>(value: Value, description: string) {
  return Type.Record(Type.String(), value, { description });
}

export const faultSchema = Type.Object(
  {
    line: Type.Optional(Type.Integer({ minimum: 1, description: 'Of the file; absent for a request.' })),
    column: Type.Optional(Type.Integer({ minimum: 1 })),
    path: text('What is at fault, such as channels.gate.source; empty: the whole.'),
    message: text('What is wrong and what is permitted.'),
  },
  { description: 'One fault of a configuration or request.' },
);

export const problemSchema = Type.Object(
  {
    type: text('urn:cloudpush:problem: and a stable word for programs.'),
    title: text('The kind of problem, for people.'),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: text('What is wrong this time.'),
    faults: Type.Optional(Type.Array(faultSchema)),
  },
  { description: 'Problem details, RFC 9457.' },
);

export const eventSchema = Type.Object({
  id: count('Grows by one with each event; starts at 1 with the program.'),
  at: time('When it happened.'),
  type: text('Such as sourceLost or destinationConnected.'),
  level: choice('How bad it is.', ['info', 'warn', 'error']),
  channel: Type.Optional(text('The channel that it happened to.')),
  destination: Type.Optional(text('The destination that it happened to.')),
  message: text('One sentence for people.'),
  code: Type.Optional(text('ERR_CLOUDPUSH_… when an error is told.')),
  state: Type.Optional(text('The new state, with channelState.')),
});
