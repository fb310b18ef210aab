import { MessageType } from '@cloudpush/transport';

/**
 * Tells whether a message carries a decoder configuration, in the forms of Enhanced RTMP or the older ones.
 */
export function isSequenceHeader({
  type,
  payload,
}: {
  readonly type: number;
  readonly payload: Uint8Array;
}): boolean {
  const isEnhanced = type === MessageType.video ? payload[0]! >= 0x80 : payload[0]! >> 4 === 9;
  // A packet type of 0: in the first byte of Enhanced RTMP, in the second of the older forms.
  const isHeader = isEnhanced ? (payload[0]! & 15) === 0 : payload[1] === 0;
  return (type === MessageType.video || type === MessageType.audio) && isHeader;
}
