import { type AmfValue, propertiesOf, XmlDocument } from '../../amf/value.js';

/** Shorter numbers are flags and ports, whose removal would make a text unreadable. */
const MIN_NUMBER_LENGTH = 4;

/** The texts and numbers in AMF values, at any depth: a caller's own arguments are his, and may be secret. */
export function textsIn(values: readonly AmfValue[]): string[] {
  return values.flatMap((value): string[] => {
    if (typeof value === 'string') return [value];
    if (typeof value === 'number') return String(value).length >= MIN_NUMBER_LENGTH ? [String(value)] : [];
    if (value instanceof XmlDocument) return [value.text];
    if (Array.isArray(value)) return textsIn(value);
    return textsIn(Object.values(propertiesOf(value) ?? {}));
  });
}
