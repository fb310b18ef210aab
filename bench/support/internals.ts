import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The address of a compiled module of the engine that is not part of its public interface, such as
 * `memory/pool.js`.
 */
export function engineModule(path: string): string {
  return moduleOf('@cloudpush/engine', path);
}

/** The same of the program, such as `cluster/assignment/assignment.js`. */
export function programModule(path: string): string {
  return moduleOf('cloudpush', path);
}

function moduleOf(name: string, path: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return pathToFileURL(join(dirname(manifest), 'dist', path)).href;
}
