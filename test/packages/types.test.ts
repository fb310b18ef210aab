// The engine's types as a program sees them that has installed the engine alone.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-5.6';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgottenTypes } from './support/forgotten-types.js';
import { InstalledPackages } from './support/installed.js';

let installed: InstalledPackages;
beforeAll(async () => {
  installed = await InstalledPackages.create();
}, 120_000);
afterAll(() => installed[Symbol.asyncDispose]());

const options: ts.CompilerOptions = {
  strict: true,
  skipLibCheck: false,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  // The declarations use one thing beyond it: Symbol.asyncDispose.
  lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
};

function programOf(text: string): ts.Program {
  const file = installed.folder.file('program.mts');
  writeFileSync(file, text);
  return ts.createProgram([file], { ...options, typeRoots: [installed.folder.file('node_modules/@types')] });
}

function faultsIn(program: ts.Program): string[] {
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

test('a program compiles under TypeScript 5.6, with the declarations checked as well', () => {
  const program = programOf(`
    import { type ChannelOptions, CloudPushError, PushEngine } from '@cloudpush/engine';
    import { SVCloudPush_API_Initialize } from '@cloudpush/engine/compat';

    const options: ChannelOptions = { url: 'rtmp://localhost/live/a', connection: { profile: 'auto' } };
    const engine = await PushEngine.create();
    const channel = engine.openChannel(options);
    channel.on('problem', ({ error }) => console.warn(error instanceof CloudPushError, error.code));
    const taken: boolean = channel.sendVideo(new Uint8Array(1), { pts: 0 });
    console.log(taken, SVCloudPush_API_Initialize(1, 1));
    await engine.close();
  `);
  expect(faultsIn(program)).toEqual([]);
}, 120_000);

for (const [name, entries] of [
  ['muxer', ['index.d.ts']],
  ['transport', ['index.d.ts']],
  ['engine', ['index.d.ts', 'compat/index.d.ts', 'sources/index.d.ts', 'recording/index.d.ts']],
] as const) {
  test(`${name} exports every type that its public signatures name, and none that TypeScript 5.6 does not know`, () => {
    const files = entries.map((entry) => join(installed.of(name), 'dist', entry));
    const program = ts.createProgram(files, {
      ...options,
      typeRoots: [installed.folder.file('node_modules/@types')],
    });
    expect(faultsIn(program)).toEqual([]);
    expect(forgottenTypes(program, files)).toEqual([]);
  }, 120_000);
}
