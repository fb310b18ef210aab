import { createPrivateKey, X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.*?-----END/gs;

/**
 * Looks whether a text is certificates in PEM: the TLS of Node takes any text for them, and then trusts
 * nobody.
 * @throws Error that says which certificate is at fault
 */
export function requireCertificates(path: string, text: string): void {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0)
    throw new Error(`${path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`);
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(`${block} CERTIFICATE-----\n`);
    } catch {
      throw new Error(`${path}: certificate ${index + 1} of ${blocks.length} is damaged`);
    }
  }
}

/** @throws Error where a text is no private key in PEM, or an encrypted one; it tells nothing of the key */
export function requirePrivateKey(path: string, text: string): void {
  try {
    createPrivateKey(text);
  } catch {
    throw new Error(`${path} holds no private key in PEM without a passphrase`);
  }
}
