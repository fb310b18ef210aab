import { expect, test } from 'vitest';
import { certificateFault } from './certificate-fault.js';
import { tlsError } from './tls.js';

const failure = (code: string) => tlsError(Object.assign(new Error('no'), { code }));

test('a certificate that time mends is tried again, and another is not', () => {
  for (const code of ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
    expect(failure(code)).toMatchObject({ code: 'ERR_CLOUDPUSH_TLS', class: 'retryable' });
  for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_REVOKED'])
    expect(failure(code)).toMatchObject({ code: 'ERR_CLOUDPUSH_TLS', class: 'fatal' });
});

test('the fault is told in words, with what to do', () => {
  expect(failure('CERT_NOT_YET_VALID').message).toBe(
    "the server's certificate is not valid yet, or this machine's clock is behind (CERT_NOT_YET_VALID)",
  );
  expect(failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE').message).toBe(
    "the server's certificate is signed by no authority that is trusted here (UNABLE_TO_VERIFY_LEAF_SIGNATURE): " +
      'give its authority (tls.ca)',
  );
});

test('only one that nobody vouches for is to be given an authority', () => {
  for (const code of ['CERT_REVOKED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED'])
    expect(failure(code).message).not.toContain('tls.ca');
});

test('other errors of TLS are none of a certificate', () => {
  expect([certificateFault(undefined), certificateFault('ECONNRESET')]).toEqual([undefined, undefined]);
  expect(failure('ECONNRESET')).toMatchObject({
    class: 'retryable',
    message: 'the TLS handshake failed: ECONNRESET',
  });
});
