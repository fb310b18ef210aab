// Loads TypeScript modules anew for each mutant, within one process: what does not change is compiled once.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';

const builtIn = createRequire(import.meta.url);

function sourceOf(from, name) {
  return join(dirname(from), name.replace(/\.js$/, '.ts'));
}

/** The modules of ours that a module imports, types aside. */
export function importsOf(path) {
  const named = readFileSync(path, 'utf8').matchAll(
    /(?:^(?:import|export) (?!type )[^;]*?from|\bimport\() ?'(\.[^']+)'/gm,
  );
  return [...named].map(([, name]) => sourceOf(path, name)).filter(existsSync);
}

/** The packages that a module imports. */
function packagesOf(path) {
  const named = readFileSync(path, 'utf8').matchAll(
    /(?:^import (?!type )[^;]*?from|\bimport\() ?'([^.'][^']*)'/gm,
  );
  return [...named].map(([, name]) => name).filter((name) => !isBuiltin(name));
}

function compile(path, text) {
  // A test that replaces a module imports what uses it afterwards.
  const source = text.replace(/^(const .* = )await import\(/gm, '$1require(');
  const { code } = transformSync(source, {
    loader: 'ts',
    format: 'cjs',
    target: 'node20',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(path).href) },
    sourcefile: path,
  });
  return new Function('require', 'module', 'exports', `${code}\n//# sourceURL=mutant/${relative('.', path)}`);
}

export class Modules {
  #compiled = new Map();
  #packages = new Map();
  #root;
  #replaced = new Map();

  /** From here on until the end of the run, the root and its modules get other exports in place of a module. */
  replace(name, exports) {
    this.#replaced.set(sourceOf(this.#root, name), exports);
  }

  /** Imports the packages that these modules, and all that they import, stand on. */
  static async for(roots, ownPackages) {
    const modules = new Modules();
    const paths = new Set(roots);
    for (const path of paths) for (const next of importsOf(path)) paths.add(next);
    for (const name of new Set([...paths].flatMap(packagesOf)))
      modules.#packages.set(name, { __esModule: true, ...(await import(name)), ...ownPackages[name] });
    return modules;
  }

  /** Runs a module and what it imports, each from its beginning; `changed` is given another text. */
  run(root, changed) {
    this.#root = root;
    this.#replaced.clear();
    const codeOfChange = changed && compile(changed.path, changed.text);
    const instances = new Map();
    const load = (path) => {
      const replaced = this.#replaced.get(path);
      if (replaced !== undefined) return replaced();
      const known = instances.get(path);
      if (known !== undefined) return known.exports;
      const module = { exports: {} };
      instances.set(path, module);
      const require = (name) => {
        if (name.startsWith('.')) return load(sourceOf(path, name));
        return this.#packages.get(name) ?? builtIn(name);
      };
      const code = path === changed?.path ? codeOfChange : this.#codeOf(path);
      code(require, module, module.exports);
      return module.exports;
    };
    load(root);
  }

  #codeOf(path) {
    const known = this.#compiled.get(path);
    if (known !== undefined) return known;
    const code = compile(path, readFileSync(path, 'utf8'));
    this.#compiled.set(path, code);
    return code;
  }
}
