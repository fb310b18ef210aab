import { createHash, timingSafeEqual } from 'node:crypto';
import { type Credentials, expectedAdobe, expectedLlnw } from '../common/auth.js';

export interface ServerAuthOptions extends Credentials {
  readonly scheme: 'adobe' | 'llnw';
  /** Makes salts, challenges and nonces: hex text of that many bytes. */
  readonly nonce: (bytes: number) => string;
}

/**
 * The server's side of authmod=adobe and authmod=llnw. Returns the description to reject a `connect` with,
 * undefined when it is authentic. A challenge is a keyed hash of itself, so that nothing needs to be
 * remembered from one connection to the next.
 */
export class ServerAuth {
  readonly #options: ServerAuthOptions;
  readonly #key: string;

  constructor(options: ServerAuthOptions) {
    this.#options = options;
    this.#key = options.nonce(16);
  }

  check(app: string): string | undefined {
    const { scheme, user } = this.#options;
    const [path = '', query = ''] = splitOnce(app, '?');
    const fields = new Map(query.split('&').map((field) => splitOnce(field, '=')));
    if (fields.get('authmod') !== scheme) {
      return `[ AccessManager.Reject ] : [ code=403 need auth; authmod=${scheme} ] : `;
    }
    if (decodeURIComponent(fields.get('user') ?? '') !== user) return this.#reject('?reason=nosuchuser');
    const response = fields.get('response');
    if (response === undefined) return this.#challenge();
    return this.#isRight(path, fields, response) ? undefined : this.#reject('?reason=authfailed');
  }

  #challenge(): string {
    const { scheme, user, nonce } = this.#options;
    const token = this.#sign(nonce(4));
    if (scheme === 'llnw') return this.#reject(`?reason=needauth&user=${user}&nonce=${token}`);
    return this.#reject(
      `?reason=needauth&user=${user}&salt=${this.#salt()}&challenge=${token}&opaque=${token}`,
    );
  }

  #isRight(app: string, fields: ReadonlyMap<string, string>, response: string): boolean {
    const token = fields.get(this.#options.scheme === 'llnw' ? 'nonce' : 'opaque') ?? '';
    if (this.#sign(token.slice(0, 8)) !== token) return false;
    const expected =
      this.#options.scheme === 'llnw'
        ? expectedLlnw(this.#options, app, {
            nonce: token,
            count: fields.get('nc') ?? '',
            clientNonce: fields.get('cnonce') ?? '',
          })
        : expectedAdobe(this.#options, this.#salt(), token, fields.get('challenge') ?? '');
    return equal(expected, response);
  }

  #reject(parameters: string): string {
    return `[ AccessManager.Reject ] : [ authmod=${this.#options.scheme} ] : ${parameters}`;
  }

  #salt(): string {
    return createHash('md5').update(`${this.#key}:salt`).digest('hex').slice(0, 8);
  }

  #sign(text: string): string {
    return text + createHash('md5').update(`${this.#key}:${text}`).digest('hex').slice(0, 8);
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
