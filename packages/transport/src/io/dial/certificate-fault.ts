/** A certificate that does not hold. */
export interface CertificateFault {
  /** Its fault, to stand behind "the certificate". */
  readonly text: string;
  /** True when it may hold later, though nobody here changes anything: it is renewed, or a clock is set. */
  readonly passes: boolean;
}

const UNTRUSTED: CertificateFault = { text: 'is signed by no authority that is trusted here', passes: false };

/** By Node's codes, most of which are OpenSSL's (X509_verify_cert_error_string). */
const FAULTS: Readonly<Record<string, CertificateFault>> = {
  CERT_HAS_EXPIRED: { text: "has expired, or this machine's clock is ahead", passes: true },
  CERT_NOT_YET_VALID: { text: "is not valid yet, or this machine's clock is behind", passes: true },
  CERT_REVOKED: { text: 'was revoked', passes: false },
  ERR_TLS_CERT_ALTNAME_INVALID: { text: 'is for another name', passes: false },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
};

/** The fault of the peer's certificate, by the code of a TLS error; undefined when the error is about something else. */
export function certificateFault(code: string | undefined): CertificateFault | undefined {
  return code === undefined ? undefined : FAULTS[code];
}
