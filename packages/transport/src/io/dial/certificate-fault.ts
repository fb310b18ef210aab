/** A certificate that does not hold. */
export interface CertificateFault {
  /** Its fault, to stand behind "the certificate". */
  readonly text: string;
  /** True when it may hold later, though nobody here changes anything: it is renewed, or a clock is set. */
  readonly passes: boolean;
  /** It would hold if its authority, or it itself, were named as one to trust. */
  readonly isUntrusted: boolean;
}

function untrusted(): CertificateFault {
  return { text: 'is signed by no authority that is trusted here', passes: false, isUntrusted: true };
}

function fault(text: string, passes: boolean): CertificateFault {
  return { text, passes, isUntrusted: false };
}

/** By Node's codes, most of which are OpenSSL's (X509_verify_cert_error_string). */
const FAULTS: Readonly<Record<string, CertificateFault>> = {
  CERT_HAS_EXPIRED: fault("has expired, or this machine's clock is ahead", true),
  CERT_NOT_YET_VALID: fault("is not valid yet, or this machine's clock is behind", true),
  CERT_REVOKED: fault('was revoked', false),
  ERR_TLS_CERT_ALTNAME_INVALID: fault('is for another name', false),
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted(),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted(),
  UNABLE_TO_GET_ISSUER_CERT: untrusted(),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted(),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted(),
};

/**
 * The fault of the peer's certificate, by the code of a TLS error; undefined when the error is about
 * something else.
 */
export function certificateFault(code: string | undefined): CertificateFault | undefined {
  return code === undefined ? undefined : FAULTS[code];
}
