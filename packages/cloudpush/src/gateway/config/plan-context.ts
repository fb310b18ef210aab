import type { Path } from './document.js';
import { pathFrom, readText, resolveSecret, type Surroundings } from './secret.js';
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

/** What turning a part of the document into a plan needs: it finds secrets and files, and notes what is missing. */
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

  /** What stands in a file, such as one of certificates. */
  fileText(path: Path, file: string | undefined): string | undefined {
    return this.#found(path, file, (given) => readText(this.path(given)));
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
