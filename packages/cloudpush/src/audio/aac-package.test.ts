import { expect, test } from 'vitest';
import { missingAacPackage } from './aac-package.js';

test('the optional package is there, and where it is not, the command that installs it is told', () => {
  expect(missingAacPackage()).toBeUndefined();
  expect(missingAacPackage('file:///nowhere/program.js')).toBe(
    'aac needs the optional package @mediabunny/aac-encoder, which is not installed: npm install @mediabunny/aac-encoder',
  );
});
