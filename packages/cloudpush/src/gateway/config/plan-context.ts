import { requireCertificates, requirePrivateKey } from './certificates.js';
import type { Path } from './document.js';
import { pathFrom, readText, requireReadable, resolveSecret, type Surroundings } from './secret.js';
import { parseDuration } from './units.js';
import type { SchemaFault } from './validation.js';

/** Faults found below one place of the document. */
export class Problems {
  readonly #faults: SchemaFault[];
  readonly #path: Path;

  constructor(faults: SchemaFault[], path: Path = []) {
    this.#faults = faults;
    this.#path = path;
  }

  /** @param path from the place of these problems on */
  add(path: Path, message: string): void {
    this.#faults.push({ path: [...this.#path, ...path], message });
  }

  below(...path: Path): Problems {
    return new Problems(this.#faults, [...this.#path, ...path]);
  }
}

/** Helps to turn a part of the document into a plan: finds secrets and files, and notes what is missing. */
export class PlanContext {
  readonly problems: Problems;
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings, problems: Problems) {
    this.#surroundings = surroundings;
    this.problems = problems;
  }

  below(...path: Path): PlanContext {
    return new PlanContext(this.#surroundings, this.problems.below(...path));
  }

  path(text: string): string {
    return pathFrom(this.#surroundings.folder, text);
  }

  secret(path: Path, text: string | undefined): string | undefined {
    return this.#found(path, text, (given) => resolveSecret(given, this.#surroundings));
  }

  /** The certificates that stand in a file. */
  certificates(path: Path, file: string | undefined): string | undefined {
    return this.#fileText(path, file, requireCertificates);
  }

  /** The private key that stands in a file. */
  privateKey(path: Path, file: string | undefined): string | undefined {
    return this.#fileText(path, file, requirePrivateKey);
  }

  /** The whole path of a file that is played. */
  media(path: Path, file: string): string {
    const whole = this.path(file);
    if (!this.#surroundings.requiresMedia) return whole;
    this.#found(path, whole, (given) => {
      requireReadable(given);
      return given;
    });
    return whole;
  }

  #fileText(
    path: Path,
    file: string | undefined,
    check: (path: string, text: string) => void,
  ): string | undefined {
    return this.#found(path, file, (given) => {
      const whole = this.path(given);
      const text = readText(whole);
      check(whole, text);
      return text;
    });
  }

  #found(path: Path, text: string | undefined, find: (text: string) => string): string | undefined {
    if (text === undefined) return undefined;
    try {
      return find(text);
    } catch (error) {
      this.problems.add(path, (error as Error).message);
      return undefined;
    }
  }
}

/** The one of the keys that is there; undefined, and a problem, when none or several are. */
export function pickOne<const Key extends string>(
  given: Readonly<Partial<Record<Key, unknown>>>,
  keys: readonly Key[],
  problems: Problems,
): Key | undefined {
  const found = keys.filter((key) => given[key] !== undefined);
  if (found.length === 1) return found[0];
  const names = keys.join(', ');
  problems.add(
    [],
    found.length === 0 ? `one of ${names} is missing` : `${found.join(' and ')} exclude each other`,
  );
  return undefined;
}

/**
 * The ends of a wait that grows, in ms. Notes a first one that is longer than the longest.
 * @param presets where the document says nothing; a longest wait that is left out is never shorter than the
 *   first one
 */
export function planRetry(
  given: { readonly initial?: string; readonly max?: string } | undefined,
  presets: { readonly initial: number; readonly max: number },
  problems: Problems,
): { readonly initialDelay: number; readonly maxDelay: number } {
  const initialDelay = milliseconds(given?.initial) ?? presets.initial;
  const maxDelay = milliseconds(given?.max) ?? Math.max(presets.max, initialDelay);
  if (initialDelay > maxDelay) {
    const first = given?.initial ?? `the default of ${presets.initial}ms`;
    problems.add(
      [given?.initial === undefined ? 'max' : 'initial'],
      `initial, ${first}, is longer than max, ${given?.max}`,
    );
  }
  return { initialDelay, maxDelay };
}

/** ms */
export function milliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}
