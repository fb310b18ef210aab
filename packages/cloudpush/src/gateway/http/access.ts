import { createHash, timingSafeEqual } from 'node:crypto';
import { hostname } from 'node:os';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served without a token: pages that hold no data, and what probes ask for. */
    readonly isPublic?: boolean;
  }
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Decides which requests are served. */
export class Access {
  readonly #names: ReadonlySet<string>;
  #tokenDigest: Buffer | undefined;

  /**
   * @param token undefined: none is needed
   * @param allowedHosts names that the server goes by, beside `localhost` and that of the machine
   */
  constructor(token: string | undefined, allowedHosts: readonly string[] = []) {
    this.#names = new Set(['localhost', hostname(), ...allowedHosts].map((name) => name.toLowerCase()));
    this.setToken(token);
  }

  /** Requests that come from now on need this token. */
  setToken(token: string | undefined): void {
    this.#tokenDigest = token === undefined ? undefined : digest(token);
  }

  /** @throws Problem when the request must not be served. */
  readonly check = async (request: FastifyRequest): Promise<void> => {
    this.#checkHost(request);
    checkOrigin(request);
    if (request.routeOptions.config.isPublic !== true) this.#checkToken(request);
  };

  /**
   * A page of another site can have its own name resolved to this machine's address (DNS rebinding); the
   * browser then takes this server for a part of that site. It still says the name: addresses and known names
   * only are served.
   */
  #checkHost(request: FastifyRequest): void {
    const name = hostNameOf(request.headers.host);
    if (name !== undefined && (name.startsWith('[') || IPV4.test(name) || this.#names.has(name))) return;
    const shown =
      name === undefined ? 'The request names no valid host' : `"${name.slice(0, 100)}" is not a known host`;
    throw new Problem(
      'wrong-host',
      `${shown}: use an IP address, localhost, or a name from api.allowedHosts`,
    );
  }

  #checkToken(request: FastifyRequest): void {
    if (this.#tokenDigest === undefined) return;
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (given === undefined) {
      throw new Problem('token-needed', 'send the header "Authorization: Bearer TOKEN"');
    }
    if (!timingSafeEqual(digest(given), this.#tokenDigest)) {
      throw new Problem('token-needed', 'the token is not the one that this gateway was given');
    }
  }
}

/**
 * A page of another site may send requests, though it cannot read the answers: no change may come of them.
 */
function checkOrigin({ method, headers }: FastifyRequest): void {
  const { origin, host } = headers;
  if (SAFE_METHODS.has(method) || origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()) return;
  throw new Problem('foreign-origin', `the request comes from a page of "${origin.slice(0, 100)}"`);
}

/** The host name of a Host header, in lower case; IPv6 in brackets. */
function hostNameOf(host: string | undefined): string | undefined {
  if (host === undefined || /[/?#@\\\s]/.test(host)) return undefined;
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** Texts of any length become comparable in constant time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
