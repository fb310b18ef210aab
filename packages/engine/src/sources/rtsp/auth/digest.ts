import { createHash } from 'node:crypto';
import type { Challenge } from './challenge.js';

/** Hash functions of RFC 7616 §3.2, the strongest first, with their names in Node.js. */
const hashes = [
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
] as const;

/** The state of Digest authentication after a challenge (RFC 7616 §3.3). */
export interface DigestParameters {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the server wrote it; undefined: it named none, which means MD5. */
  readonly algorithm: string | undefined;
  readonly hash: (typeof hashes)[number][1];
  /** The session variant: the key depends on both nonces. */
  readonly session: boolean;
  /** `qop=auth`; false: the form of RFC 2069, without counter. */
  readonly qop: boolean;
  /** The nonce has expired; the credentials are still good. */
  readonly stale: boolean;
}

/** Strength of a hash function: 3 SHA-512-256, 2 SHA-256, 1 MD5. */
export function digestStrength({ hash }: DigestParameters): number {
  return hashes.length - hashes.findIndex(([, name]) => name === hash);
}

/**
 * Reads a Digest challenge; undefined when it lacks a nonce or wants what is not supported (`auth-int`
 * alone).
 */
export function readDigestChallenge({ parameters }: Challenge): DigestParameters | undefined {
  const nonce = parameters.get('nonce');
  const algorithm = parameters.get('algorithm');
  const [, name, session] = /^(.+?)(-sess)?$/i.exec(algorithm ?? 'MD5') ?? [];
  const hash = hashes.find(([known]) => known === name?.toUpperCase())?.[1];
  const offered = parameters
    .get('qop')
    ?.split(',')
    .map((value) => value.trim().toLowerCase());
  if (nonce === undefined || hash === undefined) return undefined;
  const qop = offered?.includes('auth') ?? false;
  if (!qop && offered?.some((value) => value !== '')) return undefined;
  return {
    realm: parameters.get('realm') ?? '',
    nonce,
    opaque: parameters.get('opaque'),
    algorithm,
    hash,
    session: session !== undefined,
    qop,
    stale: parameters.get('stale')?.toLowerCase() === 'true',
  };
}

export interface DigestRequest {
  readonly method: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Client nonce. */
  readonly cnonce: string;
  /** Requests sent with this nonce, this one included. */
  readonly count: number;
}

/** The value of an Authorization header field (RFC 7616 §3.4; without `qop` RFC 2069). */
export function digestAuthorization(challenge: DigestParameters, request: DigestRequest): string {
  const { realm, nonce, opaque, algorithm, session, qop } = challenge;
  const { method, url, username, password, cnonce } = request;
  const digest = (text: string): string => createHash(challenge.hash).update(text).digest('hex');
  const credentials = digest(`${username}:${realm}:${password}`);
  const a1 = session ? digest(`${credentials}:${nonce}:${cnonce}`) : credentials;
  const a2 = digest(`${method}:${url}`);
  const count = request.count.toString(16).padStart(8, '0');
  const response = digest(qop ? `${a1}:${nonce}:${count}:${cnonce}:auth:${a2}` : `${a1}:${nonce}:${a2}`);
  const fields = [
    `username=${quote(username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(url)}`,
    `response="${response}"`,
  ];
  if (algorithm !== undefined) fields.push(`algorithm=${algorithm}`);
  if (opaque !== undefined) fields.push(`opaque=${quote(opaque)}`);
  if (qop) fields.push(`qop=auth, nc=${count}`);
  if (qop || session) fields.push(`cnonce="${cnonce}"`);
  return `Digest ${fields.join(', ')}`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
