/** Memory operations that V8 does slowly, or late, and Node.js at once. */

/**
 * From how many bytes on the native copy is faster, unless both sides are aligned: a call of it costs more
 * than one of `set`.
 */
const NATIVE_COPY_SIZE = 256;

/** Copies what it is given as one block of memory, and works on every Uint8Array. */
const nativeFill = Buffer.prototype.fill;

/**
 * Copies `source` to `target` at `offset`. `set` copies to and from shared memory word by word, and where the
 * two sides are not aligned alike, as with packets cut out of a longer buffer, byte by byte: 20 kB take ten
 * times as long as here. The two must not overlap. Throws RangeError when `target` is too short.
 */
export function copyBytes(source: Uint8Array, target: Uint8Array, offset: number): void {
  if (source.length < NATIVE_COPY_SIZE) target.set(source, offset);
  else nativeFill.call(target, source, offset, offset + source.length);
}

/** Below it, giving memory back costs more than leaving it to the garbage collector. */
const DISCARD_SIZE = 2048;

type Port = InstanceType<typeof MessageChannel>['port1'];

/**
 * A closed port drops what it is given, but what is transferred to it has left all the same (HTML, message
 * ports).
 */
let closedPort: Port | undefined;

/**
 * Gives the memory that `bytes` are in back at once, the whole buffer. Left to the garbage collector, tens of
 * megabytes pile up between two collections, none of them in the processor's cache, and they set off
 * collections of their own. `bytes` are empty afterwards: nobody may need them, or others in their buffer,
 * any more.
 */
export function discard(bytes: Uint8Array): void {
  if (bytes.length < DISCARD_SIZE) return;
  closedPort ??= openClosedPort();
  closedPort.postMessage(undefined, [bytes.buffer as ArrayBuffer]);
}

function openClosedPort(): Port {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
