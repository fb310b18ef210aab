import type { AmfValue } from '../../amf/value.js';
import type { RtmpError } from '../../errors.js';
import type { TransportLimits } from '../../limits.js';
import { type HeardCommand, hearCommand, hearData } from '../../message/command.js';
import { MessageType } from '../../message/type.js';
import { type RtmpStatus, statusOf } from './status.js';

/** An answer to a command. */
export interface ServerAnswer {
  readonly kind: 'result' | 'error';
  readonly transactionId: number;
  readonly args: readonly AmfValue[];
  /** Error of the bytes behind the arguments, when they cannot be read. */
  readonly damage: RtmpError | undefined;
}

/** An `onStatus`. */
export interface ServerStatus {
  readonly kind: 'status';
  readonly status: RtmpStatus;
  readonly damage: RtmpError | undefined;
}

/** A message of a server, by what it means to a publisher. */
export type ServerMessage =
  | ServerAnswer
  | ServerStatus
  | { readonly kind: 'close'; readonly args: AmfValue[] }
  /** `_checkbw` wants an answer. */
  | { readonly kind: 'bandwidth-check'; readonly transactionId: number }
  /** Something that the session has no use for. */
  | { readonly kind: 'news'; readonly command: HeardCommand };

/** Reads a message of a server; undefined for what needs no reaction. */
export function readServerMessage(
  type: number,
  payload: Uint8Array,
  limits: TransportLimits,
): ServerMessage | undefined {
  switch (type) {
    case MessageType.commandAmf0:
    case MessageType.commandAmf3:
      return meaningOf(hearCommand(type, payload, limits));
    case MessageType.dataAmf0:
    case MessageType.dataAmf3:
      return { kind: 'news', command: hearData(type, payload, limits) };
    default: // a server has no media for a publisher
      return undefined;
  }
}

function meaningOf(command: HeardCommand): ServerMessage | undefined {
  const { name, transactionId, args, damage } = command;
  switch (name) {
    case '_result':
      return { kind: 'result', transactionId, args, damage };
    case '_error':
      return { kind: 'error', transactionId, args, damage };
    case 'onStatus':
      return { kind: 'status', status: statusOf(args), damage };
    case 'close':
      return { kind: 'close', args };
    case '_checkbw':
      return { kind: 'bandwidth-check', transactionId };
    case 'onBWDone':
    case 'onFCPublish':
    case 'onFCUnpublish':
      return undefined;
    default:
      return { kind: 'news', command };
  }
}
