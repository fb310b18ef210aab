import { DOMParser, type Document, type Element, XMLSerializer } from '@xmldom/xmldom';

/** A reply that is no XML, or not the one that was asked for. */
export class XmlError extends Error {}

/** Elements within elements; replies of cameras have about 12. */
const MAX_DEPTH = 64;

/** @throws XmlError */
export function parseXml(text: string): Document {
  // Its definitions could make a reply of some bytes one of gigabytes.
  if (/<!DOCTYPE/i.test(text)) throw new XmlError('the reply has a document type definition');
  // The parser, and a search in what it makes, take time with the square of the depth.
  if (isDeeper(text, MAX_DEPTH))
    throw new XmlError(`the reply has more than ${MAX_DEPTH} elements in another`);
  try {
    return new DOMParser({ onError: (level, message) => refuse(level, message) }).parseFromString(
      text,
      'text/xml',
    );
  } catch (error) {
    throw error instanceof XmlError ? error : new XmlError('the reply is no XML');
  }
}

/**
 * Matches markup: comments, CDATA, instructions, and tags; values of attributes may have `>` in them (XML 1.0
 * §3.1).
 */
const MARKUP =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?<slash>\/?)(?:[^>"']|"[^"]*"|'[^']*')*>/y;

/** Tells whether elements are nested deeper than `limit`; text that is no XML is left to the parser. */
function isDeeper(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', MARKUP.lastIndex)) {
    MARKUP.lastIndex = at;
    const found = MARKUP.exec(text);
    if (found === null) return false;
    const { slash } = found.groups!;
    if (slash === '/') depth--;
    else if (slash === '' && !found[0].endsWith('/>')) depth++;
    if (depth > limit) return true;
  }
  return false;
}

function refuse(level: string, message: string): void {
  if (level !== 'warning') throw new XmlError(`the reply is no XML: ${message.split('\n', 1)[0]}`);
}

/** Elements of this name below, whatever prefix they are written with; in the order of the document. */
export function elements(parent: Document | Element, namespace: string, name: string): Element[] {
  return [...parent.getElementsByTagNameNS(namespace, name)];
}

/** The first such element, or undefined. */
export function element(parent: Document | Element, namespace: string, name: string): Element | undefined {
  return elements(parent, namespace, name)[0];
}

/** Returns the text of an element, without white space around it. */
export function textOf(found: Element | undefined): string | undefined {
  return found?.textContent?.trim();
}

/** Elements right below, as they would be written elsewhere. */
export function childrenAsText(parent: Element): string[] {
  const serializer = new XMLSerializer();
  return [...parent.childNodes]
    .filter((node): node is Element => node.nodeType === ELEMENT_NODE)
    .map((node) => serializer.serializeToString(node));
}

const ELEMENT_NODE = 1;

/** Text as it stands in XML. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
