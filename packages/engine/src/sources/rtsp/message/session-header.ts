/**
 * Seconds after which a session ends without a sign of life, unless the camera says otherwise (RFC 2326
 * §12.37).
 */
const DEFAULT_TIMEOUT = 60;
const MAX_TIMEOUT = 3600;

/** The value of a Session header field. */
export interface SessionHeader {
  readonly id: string;
  /** Seconds, from 1 to 3600. */
  readonly timeout: number;
}

/** Parses the value of a Session header field (RFC 2326 §12.37); undefined when it holds no identifier. */
export function parseSession(text: string | undefined): SessionHeader | undefined {
  const [id = '', ...parameters] = (text ?? '').split(';').map((part) => part.trim());
  if (id === '' || id.length > 1024) return undefined;
  for (const parameter of parameters) {
    const seconds = Number(/^timeout\s*=\s*"?(\d{1,9})"?$/i.exec(parameter)?.[1] ?? 0);
    if (seconds > 0) return { id, timeout: Math.min(seconds, MAX_TIMEOUT) };
  }
  return { id, timeout: DEFAULT_TIMEOUT };
}
