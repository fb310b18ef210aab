import type { SliceSink } from '../../bits/slice-sink.js';
import { requireType, requireTypes } from '../../option-types.js';

/**
 * Checks what a session is made of.
 * @returns the options
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION` for an argument of a wrong type
 */
export function checkSession<T extends object>(options: T, sink: SliceSink, handler: object): T {
  requireTypes('options', options, { limits: 'object', random: 'function', now: 'function' });
  requireTypes('sink', sink, { push: 'function' });
  requireType('handler', handler, 'object');
  return options;
}
