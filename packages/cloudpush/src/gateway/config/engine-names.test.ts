import { triggerTypes } from '@cloudpush/engine';
import { FORMAT_NAMES } from '@cloudpush/engine/sources';
import { SERVER_PROFILE_NAMES } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { FILE_FORMAT_NAMES, PROFILE_NAMES, TRIGGER_TYPE_NAMES } from './engine-names.js';

test('the names are those of the engine, in its order', () => {
  expect(TRIGGER_TYPE_NAMES).toEqual(Object.keys(triggerTypes));
  expect(FILE_FORMAT_NAMES).toEqual(FORMAT_NAMES);
  expect(PROFILE_NAMES).toEqual(SERVER_PROFILE_NAMES);
});
