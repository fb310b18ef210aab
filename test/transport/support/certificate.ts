import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** SHA-256, with colons. */
  readonly fingerprint: string;
}

/**
 * A self-signed certificate for some names, made by openssl.
 * @param days that it is valid for; below 0: it has expired
 */
export function makeCertificate(names: string, days = 2): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'cloudpush-cert-'));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
  try {
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file('key.pem'),
    ];
    openssl('req', '-new', ...key, '-subj', '/CN=cloudpush test', '-out', file('request.pem'));
    writeFileSync(file('extensions'), `subjectAltName=${names}\nbasicConstraints=critical,CA:TRUE\n`);
    const request = ['-req', '-in', file('request.pem'), '-signkey', file('key.pem')];
    const validity = ['-days', String(days), '-extfile', file('extensions')];
    openssl('x509', ...request, ...validity, '-out', file('cert.pem'));
    const pem = readFileSync(file('cert.pem'), 'utf8');
    return {
      cert: pem,
      key: readFileSync(file('key.pem'), 'utf8'),
      fingerprint: new X509Certificate(pem).fingerprint256,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
