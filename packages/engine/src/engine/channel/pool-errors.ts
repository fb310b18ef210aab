import { CloudPushError } from '../../base/errors.js';
import { MAX_POOL_SIZE } from '../../memory/pool.js';

/** The pool could not take a packet, and never will while its channels send as they do. */
export function poolTooSmallError(poolSize: number, bytes: number, wanted: number): CloudPushError {
  const cure =
    wanted <= MAX_POOL_SIZE
      ? `a poolSize of ${wanted} bytes would do`
      : 'no pool is large enough: divide the channels among several engines';
  const message = `the pool of ${poolSize} bytes is too small for what its channels send: a packet of ${bytes} bytes was refused; ${cure}`;
  return new CloudPushError('ERR_CLOUDPUSH_POOL_TOO_SMALL', message, {
    details: { actual: poolSize, wanted, bytes },
  });
}

/** The packet is larger than what the pool can hold for one channel. */
export function packetTooLargeError(bytes: number, limit: number): CloudPushError {
  const message = `a packet of ${bytes} bytes is larger than the ${limit} bytes that the pool can hold for one channel`;
  return new CloudPushError('ERR_CLOUDPUSH_PACKET_TOO_LARGE', message, {
    details: { actual: bytes, permitted: limit },
  });
}
