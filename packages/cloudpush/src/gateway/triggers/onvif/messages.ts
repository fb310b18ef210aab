import { escapeXml } from './xml.js';

/** Namespaces of SOAP 1.2, WS-Addressing, WS-BaseNotification and ONVIF. */
export const NAMESPACES = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://www.w3.org/2005/08/addressing',
  notification: 'http://docs.oasis-open.org/wsn/b-2',
  device: 'http://www.onvif.org/ver10/device/wsdl',
  events: 'http://www.onvif.org/ver10/events/wsdl',
  schema: 'http://www.onvif.org/ver10/schema',
} as const;

/** A request: what is asked, where that matters by which action, and headers that a camera wants back. */
export interface SoapRequest {
  readonly body: string;
  /** WS-Addressing: which operation of which port. */
  readonly action?: string;
  /** Reference parameters of a subscription, as XML. */
  readonly references?: readonly string[];
}

const DEVICE = `xmlns:tds="${NAMESPACES.device}"`;
const EVENTS = `xmlns:tev="${NAMESPACES.events}"`;
const NOTIFICATION = `xmlns:wsnt="${NAMESPACES.notification}"`;
const EVENT_ACTIONS = `${NAMESPACES.events}`;
const SUBSCRIPTION_ACTIONS = 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager';

/** The whole request. */
export function envelope(
  { body, action, references = [] }: SoapRequest,
  to: string,
  security: string,
): string {
  const addressing =
    action === undefined
      ? ''
      : `<a:Action s:mustUnderstand="true">${escapeXml(action)}</a:Action><a:To s:mustUnderstand="true">${escapeXml(to)}</a:To>`;
  return (
    `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${NAMESPACES.soap}" xmlns:a="${NAMESPACES.addressing}">` +
    `<s:Header>${addressing}${references.join('')}${security}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}

/** The camera's clock (ONVIF Core §8.3.4.6); needs no password. */
export const getSystemDateAndTime: SoapRequest = { body: `<tds:GetSystemDateAndTime ${DEVICE}/>` };

/** Asks for the address of the event service (§8.1.2.3). */
export const getCapabilities: SoapRequest = {
  body: `<tds:GetCapabilities ${DEVICE}><tds:Category>Events</tds:Category></tds:GetCapabilities>`,
};

/** A subscription whose events are asked for (§9.2.1). @param lifetime ms */
export function createPullPoint(lifetime: number): SoapRequest {
  return {
    action: `${EVENT_ACTIONS}/EventPortType/CreatePullPointSubscriptionRequest`,
    body:
      `<tev:CreatePullPointSubscription ${EVENTS}><tev:InitialTerminationTime>${seconds(lifetime)}` +
      '</tev:InitialTerminationTime></tev:CreatePullPointSubscription>',
  };
}

/** Waits for events (§9.2.2). @param timeout ms */
export function pullMessages(timeout: number, limit: number, references: readonly string[]): SoapRequest {
  return {
    action: `${EVENT_ACTIONS}/PullPointSubscription/PullMessagesRequest`,
    references,
    body:
      `<tev:PullMessages ${EVENTS}><tev:Timeout>${seconds(timeout)}</tev:Timeout>` +
      `<tev:MessageLimit>${limit}</tev:MessageLimit></tev:PullMessages>`,
  };
}

/** Makes a subscription last (WS-BaseNotification §6.1.1). @param lifetime ms */
export function renew(lifetime: number, references: readonly string[]): SoapRequest {
  return {
    action: `${SUBSCRIPTION_ACTIONS}/RenewRequest`,
    references,
    body: `<wsnt:Renew ${NOTIFICATION}><wsnt:TerminationTime>${seconds(lifetime)}</wsnt:TerminationTime></wsnt:Renew>`,
  };
}

/** Ends a subscription (§6.1.2). */
export function unsubscribe(references: readonly string[]): SoapRequest {
  return {
    action: `${SUBSCRIPTION_ACTIONS}/UnsubscribeRequest`,
    references,
    body: `<wsnt:Unsubscribe ${NOTIFICATION}/>`,
  };
}

/** A duration as XML Schema writes it. */
function seconds(ms: number): string {
  return `PT${Math.ceil(ms / 1000)}S`;
}
