// Callers of the packages below the engine, and of the engine's other parts, that make every mistake: whatever
// is exported refuses what it cannot use with an error of its package, and never with a bare TypeError.

import * as recording from '@cloudpush/engine/recording';
import * as sources from '@cloudpush/engine/sources';
import * as muxer from '@cloudpush/muxer';
import * as transport from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { badValues, isOwnError } from './support/bad-values.js';

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** Exports that look at no types, and why. */
const UNCHECKED: Readonly<Record<string, readonly string[]>> = {
  'work on single messages, packets or their bytes, where a check would cost': [
    'decodeAmf0',
    'encodeAmf0',
    'encodeData',
    'encodeMetadata',
    'readTracks',
    'withTrack',
    'chooseForm',
    'takesFourCc',
    'copyBytes',
    'endOfSequenceTag',
    'fourCcOf',
    'readAudioTagHeader',
    'readVideoTagHeader',
    'readSampleHeader',
    'isKeyFrame',
    'slicesOf',
    'avcNalUnitType',
    'hevcNalUnitType',
    'isHevcIrap',
    'isHevcParameterSet',
    'isHevcVcl',
    'numberProperty',
    'property',
    'stringProperty',
  ],
  'take what another function of the package has given': [
    'displayUrl',
    'publishedName',
    'certificateFault',
    'readClip',
    'SteadyReader',
    'remuxAdvice',
    'unreadable',
  ],
  'stand before a log, whose texts they take': [
    'bareUrl',
    'queryValues',
    'redact',
    'withForms',
    'withoutUrlSecrets',
    'redactLine',
    'redactText',
  ],
  'are errors themselves': ['MuxerError', 'RtmpError', 'sourceError'],
  'make folders of any name': ['makeRecordingFolder'],
};
const unchecked = new Set(Object.values(UNCHECKED).flat());

function isTyped(error: unknown): boolean {
  const { code, details } = (error ?? {}) as { readonly code?: unknown; readonly details?: unknown };
  return isOwnError(error) || (String(code).startsWith('ERR_CLOUDPUSH_') && typeof details === 'object');
}

async function faultOf(call: () => unknown): Promise<string | undefined> {
  try {
    const made = (await call()) as { close?: unknown } | undefined;
    if (typeof made?.close === 'function') await made.close();
    return undefined;
  } catch (error) {
    return isTyped(error) ? undefined : String((error as Error)?.stack ?? error);
  }
}

type Door = readonly [name: string, call: AnyFunction];
type Maker = AnyFunction & (new (...args: readonly unknown[]) => unknown);

function doorsOf(api: object): Door[] {
  const exported = Object.entries(api) as [string, Maker][];
  return exported
    .filter(([name, made]) => typeof made === 'function' && !unchecked.has(name))
    .flatMap(([name, made]): Door[] => {
      if (!/^class\b/.test(String(made))) return [[name, made]];
      const members = made as unknown as Readonly<Record<string, AnyFunction>>;
      const makers = Object.getOwnPropertyNames(made).filter(
        (member) => typeof members[member] === 'function' && member !== 'prototype',
      );
      return [
        [`new ${name}`, (...args) => new made(...args)],
        ...makers.map(
          (maker): Door => [`${name}.${maker}`, (...args) => members[maker]!.apply(made, [...args])],
        ),
      ];
    });
}

describe.each([
  ['muxer', muxer],
  ['transport', transport],
  ['sources', sources],
  ['recording', recording],
])('%s:', (_, api) => {
  test.each(doorsOf(api))('%s with bad arguments', { timeout: 60_000 }, async (_name, call) => {
    const faults: string[] = [];
    for (const [what, bad] of badValues)
      for (const count of [0, 1, 2, 3]) {
        const fault = await faultOf(() => call(...Array.from({ length: count }, () => bad())));
        if (fault !== undefined) faults.push(`${what}, ${count} times: ${fault}`);
      }
    expect(faults).toEqual([]);
  });
});

test('what looks at no types is exported', () => {
  const names = [muxer, transport, sources, recording].flatMap((api) => Object.keys(api));
  expect([...unchecked].filter((name) => !names.includes(name))).toEqual([]);
});

/** Options of `RtmpPublisher.connect` and `RtmpReceiver.listen`, each with every bad value. */
const { connect } = transport.RtmpPublisher;
const url = 'rtmp://127.0.0.1:1/live/a';

test.each([
  'url',
  'app',
  'streamName',
  'token',
  'credentials',
  'timeouts',
  'connectObject',
  'connectArguments',
  'limits',
  'mayWrite',
  'signal',
  'tls',
  'proxy',
  'localAddress',
  'keepAlive',
  'chunkSize',
])('RtmpPublisher.connect with a bad %s', async (option) => {
  const faults: string[] = [];
  for (const [what, bad] of badValues) {
    const fault = await faultOf(() =>
      connect.call(transport.RtmpPublisher, { url, [option]: bad() } as never),
    );
    if (fault !== undefined) faults.push(`${what}: ${fault}`);
  }
  expect(faults).toEqual([]);
});

test('an option of a wrong type is named, with the type that is permitted, and without its value', async () => {
  await expect(transport.RtmpPublisher.connect({ url, token: ['s3cret'] as never })).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_INVALID_OPTION',
    message: 'token is of type array, permitted: a text',
    details: { actual: 'array', permitted: 'a text' },
  });
  expect(() => new muxer.Muxer({ hevcForm: 'old' as never })).toThrow(
    expect.objectContaining({
      code: 'ERR_CLOUDPUSH_INVALID_OPTION',
      message: expect.stringContaining('hevcForm, actual old, permitted enhanced, legacy'),
    }),
  );
  await expect(sources.openSource('a.flv' as never)).rejects.toMatchObject({
    code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
    message: 'paths is of type string; permitted: a list of paths',
  });
});
