import TypeBox from 'typebox';
import { expect, test } from 'vitest';
import { Type } from './schema-builder.js';

/** One schema with everything in it, by either builder. */
function everything(type: typeof Type): unknown {
  const description = 'Words.';
  return type.Object(
    {
      version: type.Literal(1, { description }),
      name: type.Optional(type.String({ pattern: '^a', description })),
      kind: type.Enum(['a', 'b'], { description }),
      size: type.Optional(type.Union([type.Integer({ minimum: 1 }), type.Number()], { description })),
      isOn: type.Boolean(),
      any: type.Record(type.String(), type.Unknown(), { description }),
      some: type.Optional(
        type.Array(type.Record(type.String({ pattern: '^b' }), type.Object({})), { minItems: 1 }),
      ),
      none: type.Object(
        { one: type.Optional(type.Unknown({ description })) },
        { additionalProperties: false },
      ),
    },
    { description, additionalProperties: false },
  );
}

test('schemas are those that typebox builds', () => {
  expect(JSON.stringify(everything(Type))).toBe(JSON.stringify(everything(TypeBox)));
});

test('a schema stays required where it is used without Optional', () => {
  const text = Type.String();
  expect(Type.Object({ may: Type.Optional(text), must: text })).toMatchObject({ required: ['must'] });
});
