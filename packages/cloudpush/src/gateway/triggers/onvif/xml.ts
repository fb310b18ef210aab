import { DOMParser, type Document, type Element, XMLSerializer } from '@xmldom/xmldom';

/** A reply that is no XML, or not the one that was asked for. */
export class XmlError extends Error {}

/** @throws XmlError */
export function parseXml(text: string): Document {
  // Its definitions could make a reply of some bytes one of gigabytes.
  if (/<!DOCTYPE/i.test(text)) throw new XmlError('the reply has a document type definition');
  try {
    return new DOMParser({ onError: (level, message) => refuse(level, message) }).parseFromString(
      text,
      'text/xml',
    );
  } catch (error) {
    throw error instanceof XmlError ? error : new XmlError('the reply is no XML');
  }
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

/** What stands in an element, without white space around it. */
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
