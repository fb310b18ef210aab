import { queryValues, redact, withForms } from '@cloudpush/transport';
import { CloudPushError } from '../../../base/errors.js';
import type { Credentials } from '../auth/authenticator.js';
import { type RtspErrorCode, rtspError } from '../errors.js';
import type { RtspUrl } from '../message/rtsp-url.js';

/**
 * Makes the errors of one session: they name the camera, and hold no credentials and no query, whatever a
 * camera says.
 */
export class SessionErrors {
  readonly #secrets: string[];
  /** The URL that errors name. */
  #shown: string;

  /** @param url as it was given, whose query may hold secrets */
  constructor(url: string, { shown, username, password }: RtspUrl, credentials: Credentials | undefined) {
    this.#shown = shown;
    const known = [username, password, credentials?.username, credentials?.password];
    this.#secrets = [...withForms(known), ...queryValues([url])];
  }

  /** Names another camera from now on, whose URL may hold secrets of its own. */
  redirected({ shown, requestUrl, username, password }: RtspUrl): void {
    this.#shown = shown;
    this.#secrets.push(...withForms([username, password]), ...queryValues([requestUrl]));
  }

  /** An error with a text of ours: what a camera has said in it must have gone through `clean()`. */
  create(
    code: RtspErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ): CloudPushError {
    return rtspError(code, `${this.#shown}: ${message}`, details);
  }

  /** An error of a parser, with the camera's name; others are faults of ours and stay as they are. */
  from(error: unknown): CloudPushError {
    if (!(error instanceof CloudPushError)) throw error;
    return this.create(error.code as RtspErrorCode, this.clean(error.message), error.details);
  }

  /** A text without secrets. */
  clean(text: string): string {
    return redact(text, this.#secrets);
  }
}
