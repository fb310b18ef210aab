import type { AmfValue } from '../amf/value.js';
import { Amf0Decoder } from '../amf0/decoder.js';
import { encodeAmf0 } from '../amf0/encoder.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import type { TransportLimits } from '../limits.js';
import { MessageType } from './type.js';

/**
 * A command message (RTMP 1.0 §7.1.1): name, transaction id, then the command object and further arguments.
 */
export interface Command {
  readonly name: string;
  readonly transactionId: number;
  readonly args: AmfValue[];
}

export function encodeCommand(name: string, transactionId: number, ...args: AmfValue[]): Buffer {
  return encodeAmf0(name, transactionId, ...args);
}

/** Reads an AMF0 command (type 20), or one in an AMF3 wrapping (type 17): a format byte, then AMF0. */
export function decodeCommand(type: number, payload: Uint8Array, limits: TransportLimits): Command {
  const decoder = open(type === MessageType.commandAmf3, payload, limits);
  const name = nameOf(decoder);
  const transactionId = decoder.done ? 0 : decoder.value();
  // null has been seen where a server means 0
  if (transactionId !== null && typeof transactionId !== 'number') {
    throw malformed('transaction id', typeof transactionId, 'number');
  }
  return { name, transactionId: transactionId ?? 0, args: rest(decoder) };
}

/** The part of a message that could be read, and why the rest could not. */
export interface HeardCommand extends Command {
  /** Undefined: it was read to its end. */
  readonly damage: RtmpError | undefined;
}

/**
 * Reads as much of a command as there is to be read: what stands behind the part that matters is nobody's
 * concern. The name is empty when not even that can be read; a transaction id that is no number counts as 0.
 */
export function hearCommand(type: number, payload: Uint8Array, limits: TransportLimits): HeardCommand {
  const wrapped = type === MessageType.commandAmf3;
  return hear(payload, wrapped, limits, true);
}

/** Reads as much of a data message as there is to be read; the name is empty when not even that can be. */
export function hearData(type: number, payload: Uint8Array, limits: TransportLimits): HeardCommand {
  return hear(payload, type === MessageType.dataAmf3, limits, false);
}

function hear(
  payload: Uint8Array,
  wrapped: boolean,
  limits: TransportLimits,
  hasTransaction: boolean,
): HeardCommand {
  const args: AmfValue[] = [];
  let name = '';
  let transactionId = 0;
  try {
    const decoder = open(wrapped, payload, limits);
    name = nameOf(decoder);
    const id = hasTransaction && !decoder.done ? decoder.value() : 0;
    if (typeof id === 'number') transactionId = id;
    while (!decoder.done) args.push(decoder.value());
  } catch (error) {
    if (!(error instanceof RtmpError)) throw error;
    return { name, transactionId, args, damage: error };
  }
  return { name, transactionId, args, damage: undefined };
}

/** Reads a data message: its name and its values (RTMP 1.0 §7.1.2), AMF0 or in an AMF3 wrapping. */
export function decodeData(
  type: number,
  payload: Uint8Array,
  limits: TransportLimits,
): { name: string; args: AmfValue[] } {
  const decoder = open(type === MessageType.dataAmf3, payload, limits);
  return { name: nameOf(decoder), args: rest(decoder) };
}

function nameOf(decoder: Amf0Decoder): string {
  const name = decoder.done ? undefined : decoder.value();
  if (typeof name !== 'string') throw malformed('name', typeof name, 'string');
  return name;
}

function open(wrapped: boolean, payload: Uint8Array, limits: TransportLimits): Amf0Decoder {
  if (payload.length > limits.maxCommandBytes) {
    throw new RtmpError(
      RtmpErrorCode.peerLimit,
      'message',
      `the peer sent a command or data message of ${payload.length} bytes, permitted: ${limits.maxCommandBytes}`,
      { details: { actual: payload.length, permitted: limits.maxCommandBytes } },
    );
  }
  return new Amf0Decoder(wrapped && payload[0] === 0 ? payload.subarray(1) : payload, limits);
}

function rest(decoder: Amf0Decoder): AmfValue[] {
  const values: AmfValue[] = [];
  while (!decoder.done) values.push(decoder.value());
  return values;
}

function malformed(what: string, actual: string, permitted: string): RtmpError {
  const text = `the ${what} of a command or data message is of type ${actual}, permitted: ${permitted}`;
  return new RtmpError(RtmpErrorCode.protocol, 'message', text, { details: { actual, permitted } });
}
