import { FlvDecryptor } from '@cloudpush/muxer';
import { decodeAmf0, MessageType } from '@cloudpush/transport';
import { isSequenceHeader } from '../expectations.js';
import type { Arrived, ArrivedStream } from '../recording-receiver.js';
import type { Ledger } from './ledger.js';
import { KEY } from './plan.js';
import { idOf } from './source.js';

/** A packet of the source as it arrived. */
export interface Arrival {
  readonly id: number;
  readonly timestamp: number;
}

/**
 * The packets that arrived with a stream, decrypted.
 * @throws Error when one is not, bit for bit, what was sent, or was never accepted
 */
export function arrivals(stream: ArrivedStream, ledger: Ledger): Arrival[] {
  const decryptor = new FlvDecryptor({ keys: [KEY] });
  const found: Arrival[] = [];
  for (const { type, timestamp, payload } of stream.messages) {
    const clear = decryptor.decrypt({ type: type as 8 | 9 | 18, timestamp, payload });
    const bytes = clear === undefined ? undefined : bytesOf(clear);
    if (bytes !== undefined) found.push({ id: identify(bytes, ledger), timestamp });
  }
  return found;
}

function bytesOf(message: Arrived): Uint8Array | undefined {
  if (message.type !== MessageType.dataAmf0) return isSequenceHeader(message) ? undefined : message.payload;
  const [name, value] = decodeAmf0(message.payload);
  return name === 'onPrivateData' ? Buffer.from(String(value), 'base64') : undefined;
}

function identify(bytes: Uint8Array, ledger: Ledger): number {
  const id = idOf(bytes);
  const entry = id === undefined ? undefined : ledger.entries[id];
  if (id === undefined || entry === undefined)
    throw new Error(`${bytes.length} bytes arrived that are no packet's`);
  const { packet, accepted } = entry;
  if (!accepted) throw new Error(`packet ${id} arrived, and was refused`);
  if (Buffer.compare(bytes, packet.expected) !== 0)
    throw new Error(`packet ${id} (${packet.kind}) arrived altered`);
  return id;
}
