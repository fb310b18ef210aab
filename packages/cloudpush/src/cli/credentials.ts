import { CloudPushError } from '@cloudpush/engine';
import { parseRtmpUrl, queryValues, redact, withForms } from '@cloudpush/transport';

/**
 * An error without the passwords and the query values of the URLs it is about, and without other secrets:
 * servers like to repeat them.
 */
export function withoutCredentials(
  error: CloudPushError,
  urls: readonly string[],
  others: readonly string[] = [],
): CloudPushError {
  const secrets = [
    ...withForms([...others, ...urls.map((url) => parseRtmpUrl(url).password)]),
    ...queryValues(urls),
  ];
  const { cause } = error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return new CloudPushError(error.code, redact(error.message, secrets), {
    class: error.class,
    cause:
      cause instanceof Error ? Object.assign(new Error(redact(cause.message, secrets)), { code }) : undefined,
  });
}
