import type { Document, Element } from '@xmldom/xmldom';
import { NAMESPACES } from './messages.js';
import { childrenAsText, element, elements, parseXml, textOf, XmlError } from './xml.js';

/** A camera's refusal, in its own words. */
export class SoapFault extends Error {
  /** It is about user or password. */
  readonly isAuth: boolean;

  constructor(reason: string, isAuth: boolean) {
    super(reason);
    this.isAuth = isAuth;
  }
}

/** A subscription at a camera. */
export interface Subscription {
  /** Address at which it is asked. */
  readonly address: string;
  /** Elements that its requests must carry back. */
  readonly references: readonly string[];
}

/** Something that a camera says of one of its states. */
export interface Notification {
  /** Such as `tns1:RuleEngine/CellMotionDetector/Motion`. */
  readonly topic: string;
  /** Rule, region or input that it is about. */
  readonly origin: string;
  /** Undefined: it happened, and has no length. */
  readonly isActive: boolean | undefined;
}

const MAX_REASON = 200;

/** @throws SoapFault, XmlError */
export function parseReply(text: string): Document {
  const reply = parseXml(text);
  const fault = element(reply, NAMESPACES.soap, 'Fault');
  if (fault === undefined) return reply;
  const code = elements(fault, NAMESPACES.soap, 'Value').map((value) => textOf(value) ?? '');
  const reason = textOf(element(fault, NAMESPACES.soap, 'Text')) ?? code.join(' ');
  const isAuth = code.some((value) => /NotAuthorized|FailedAuthentication|InvalidSecurity/i.test(value));
  throw new SoapFault(reason.slice(0, MAX_REASON), isAuth);
}

/** The camera's time, ms since 1970; undefined when it does not say. */
export function systemTime(reply: Document): number | undefined {
  const utc = element(reply, NAMESPACES.schema, 'UTCDateTime');
  if (utc === undefined) return undefined;
  const field = (name: string): number => Number(textOf(element(utc, NAMESPACES.schema, name)));
  const time = Date.UTC(
    field('Year'),
    field('Month') - 1,
    field('Day'),
    field('Hour'),
    field('Minute'),
    field('Second'),
  );
  return Number.isNaN(time) ? undefined : time;
}

/** The address of the event service. @throws XmlError */
export function eventService(reply: Document): string {
  const events = element(reply, NAMESPACES.schema, 'Events');
  const address = events && textOf(element(events, NAMESPACES.schema, 'XAddr'));
  if (address === undefined || address === '') throw new XmlError('the camera has no event service');
  return address;
}

/** @throws XmlError */
export function subscription(reply: Document): Subscription {
  const reference = element(reply, NAMESPACES.events, 'SubscriptionReference');
  const address = reference && textOf(element(reference, NAMESPACES.addressing, 'Address'));
  if (reference === undefined || address === undefined || address === '') {
    throw new XmlError('the reply names no subscription');
  }
  const parameters = element(reference, NAMESPACES.addressing, 'ReferenceParameters');
  return { address, references: parameters === undefined ? [] : childrenAsText(parameters) };
}

/** Returns the notifications in a reply, in order. */
export function notifications(reply: Document): Notification[] {
  return elements(reply, NAMESPACES.notification, 'NotificationMessage').map((message) => {
    const topic = textOf(element(message, NAMESPACES.notification, 'Topic')) ?? '';
    const content = element(message, NAMESPACES.schema, 'Message');
    const operation = content?.getAttribute('PropertyOperation');
    const source = content && element(content, NAMESPACES.schema, 'Source');
    const data = content && element(content, NAMESPACES.schema, 'Data');
    const origin = [topic, ...items(source).map(([name, value]) => `${name}=${value}`)].join(' ');
    const isActive = operation === 'Deleted' ? false : activity(items(data));
    return { topic, origin, isActive };
  });
}

function items(parent: Element | undefined): [name: string, value: string][] {
  if (parent === undefined) return [];
  return elements(parent, NAMESPACES.schema, 'SimpleItem').map((item) => [
    item.getAttribute('Name') ?? '',
    item.getAttribute('Value') ?? '',
  ]);
}

/**
 * By the first item that is a boolean (XML Schema Part 2 §3.2.2): cameras call it State, IsMotion, Value and
 * more.
 */
function activity(data: readonly [string, string][]): boolean | undefined {
  const value = data.map(([, text]) => text.toLowerCase()).find((text) => /^(?:true|false|[01])$/.test(text));
  return value === undefined ? undefined : value === 'true' || value === '1';
}
