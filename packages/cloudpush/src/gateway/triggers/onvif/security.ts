import { createHash, randomBytes } from 'node:crypto';
import { escapeXml } from './xml.js';

/** Credentials for asking a camera for its events. */
export interface OnvifCredentials {
  readonly username: string;
  readonly password: string;
}

const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const WSU = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
const TOKEN =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';
const BASE64 =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary';
const NONCE_BYTES = 16;

/**
 * The header that names who asks: the password goes as a digest (WSS UsernameToken Profile 1.0 §3.1), never
 * as it is.
 * @param time on the camera's clock, ms since 1970: digests that are minutes old are refused
 */
export function usernameToken(
  { username, password }: OnvifCredentials,
  time: number,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): string {
  const created = new Date(time).toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  return (
    `<wsse:Security xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}" s:mustUnderstand="true"><wsse:UsernameToken>` +
    `<wsse:Username>${escapeXml(username)}</wsse:Username>` +
    `<wsse:Password Type="${TOKEN}">${digest}</wsse:Password>` +
    `<wsse:Nonce EncodingType="${BASE64}">${Buffer.from(nonce).toString('base64')}</wsse:Nonce>` +
    `<wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`
  );
}
