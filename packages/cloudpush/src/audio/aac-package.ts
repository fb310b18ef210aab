import { createRequire } from 'node:module';

/** The optional package that encodes. */
const AAC_PACKAGE = '@mediabunny/aac-encoder';

/** Makes AAC of a source's sound, in the worker thread. */
export const AAC_MODULE = new URL('./aac-module.js', import.meta.url).href;

/**
 * Reason why no AAC can be made here; undefined: it can.
 * @param from the file that would import the package; tests have another one
 */
export function missingAacPackage(from: string = import.meta.url): string | undefined {
  try {
    createRequire(from).resolve(AAC_PACKAGE);
    return undefined;
  } catch {
    return `aac needs the optional package ${AAC_PACKAGE}, which is not installed: npm install ${AAC_PACKAGE}`;
  }
}
