import { writeUint32 } from '../bits/uint.js';

/** C0/S0: the protocol version (RTMP 1.0 §5.2.2). */
export const RTMP_VERSION = 3;
/** C1, C2, S1 and S2 are this long (RTMP 1.0 §5.2.3). */
export const HANDSHAKE_LENGTH = 1536;

/** Fills memory with random bytes. */
export type RandomFill = (target: Uint8Array) => void;

/** C1 or S1: time, four zero bytes, 1528 random bytes (RTMP 1.0 §5.2.3). */
export function writeHello(target: Buffer, time: number, random: RandomFill): void {
  writeUint32(target, 0, time);
  target.writeUInt32BE(0, 4);
  random(target.subarray(8, HANDSHAKE_LENGTH));
}

/** C2 or S2: the peer's time, the time at which its hello was read, its random bytes (RTMP 1.0 §5.2.4). */
export function writeEcho(target: Buffer, hello: Uint8Array, time: number): void {
  target.set(hello);
  writeUint32(target, 4, time);
}
