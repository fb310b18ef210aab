import type TypeBox from 'typebox';

/** The builders of typebox that are used here. */
type Builders = Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
>;

type Schema = Readonly<Record<string, unknown>>;

/** Properties that an object may go without. */
const optional = new WeakSet<Schema>();

const typed =
  (type: string) =>
  (options?: Schema): Schema => ({ type, ...options });

function object(properties: Readonly<Record<string, Schema>>, options?: Schema): Schema {
  const required = Object.keys(properties).filter((name) => !optional.has(properties[name]!));
  return { type: 'object', ...(required.length > 0 && { required }), properties, ...options };
}

function optionalOf(schema: Schema): Schema {
  const copy = { ...schema };
  optional.add(copy);
  return copy;
}

const plain = {
  Array: (items: Schema, options?: Schema) => ({ type: 'array', items, ...options }),
  Boolean: typed('boolean'),
  Enum: (values: readonly unknown[], options?: Schema) => ({ enum: values, ...options }),
  Integer: typed('integer'),
  Literal: (value: unknown, options?: Schema) => ({ type: typeof value, const: value, ...options }),
  Number: typed('number'),
  Object: object,
  Optional: optionalOf,
  Record: ({ pattern = '^.*$' }: { readonly pattern?: string }, value: Schema, options?: Schema) => ({
    type: 'object',
    patternProperties: { [pattern]: value },
    ...options,
  }),
  String: typed('string'),
  Union: (anyOf: readonly Schema[], options?: Schema) => ({ anyOf, ...options }),
  Unknown: (options?: Schema) => ({ ...options }),
};

/**
 * JSON Schemas with typebox's types, and without its code: 370 modules, which the main thread and the HTTP
 * thread would load at each start, for a dozen small functions.
 */
export const Type = plain as unknown as Builders;
