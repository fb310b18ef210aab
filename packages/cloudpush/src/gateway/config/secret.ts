import { accessSync, constants, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

/** Places in which secrets and paths of a configuration are looked for. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** Paths are relative to it: the folder of the configuration file. */
  readonly folder: string;
  /**
   * Files that are played must be there. Only where a person asks for a check: at a start, one that comes
   * later must not keep the other channels from running, and whoever asks by HTTP must not find out which
   * files there are.
   */
  readonly requiresMedia: boolean;
}

const MAX_SECRET_BYTES = 65_536;
const REFERENCE = /^(env|file|credential):(.+)$/s;

/** True of `env:NAME`, `file:/path`, `credential:name`: a text that is no secret itself. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/**
 * The secret that a text is, or refers to. `file:` and `credential:` (systemd's `LoadCredential=`) lose the
 * end of their last line.
 * @throws Error that says what is missing, never the secret
 */
export function resolveSecret(text: string, { environment, folder }: Surroundings): string {
  const match = REFERENCE.exec(text);
  if (match === null) return text;
  const [, kind, name] = match as unknown as [string, string, string];
  switch (kind) {
    case 'env': {
      const value = environment[name];
      if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`);
      return value;
    }
    case 'credential': {
      const credentials = environment['CREDENTIALS_DIRECTORY'];
      if (credentials === undefined) {
        throw new Error(`there are no systemd credentials here (LoadCredential=${name}:… in the unit)`);
      }
      if (name.includes('/')) throw new Error(`${name} is not the name of a credential`);
      return readSecret(join(credentials, name));
    }
    default:
      return readSecret(pathFrom(folder, name));
  }
}

/** @throws Error that says what is missing */
export function readSecret(path: string): string {
  const bytes = readText(path);
  if (bytes.length > MAX_SECRET_BYTES) {
    throw new Error(`${path} has ${bytes.length} bytes; a secret has at most ${MAX_SECRET_BYTES}`);
  }
  const text = bytes.replace(/\r?\n$/, '');
  if (text === '') throw new Error(`${path} is empty`);
  return text;
}

/** @throws Error that names the path and the system's reason */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** @throws Error that names the path and the system's reason */
export function requireReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

export function pathFrom(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}
