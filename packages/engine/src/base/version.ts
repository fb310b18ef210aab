/** The version of the package, as its `package.json` has it: a bundle has no such file beside it. */
export const VERSION = '0.1.0';
