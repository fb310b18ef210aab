/** Bytes of a packet behind its RTP header: fits what an Ethernet frame carries. */
const MAX_PAYLOAD = 1400;
const FU_A = 28;
const RTP_HEADER = 12;
/** Version 2, no padding, extension or sources (RFC 3550 §5.1). */
const VERSION = 0x80;
const MARKER = 0x80;

/** The NAL units of an access unit in Annex-B form (H.264 B.1), without start codes. */
export function nalUnitsOf(accessUnit: Uint8Array): Buffer[] {
  const data = Buffer.from(accessUnit.buffer, accessUnit.byteOffset, accessUnit.byteLength);
  const units: Buffer[] = [];
  let start = -1;
  for (
    let code = data.indexOf(START_CODE);
    code >= 0;
    code = data.indexOf(START_CODE, code + START_CODE.length)
  ) {
    if (start >= 0) units.push(withoutZeros(data.subarray(start, code)));
    start = code + START_CODE.length;
  }
  if (start >= 0) units.push(withoutZeros(data.subarray(start)));
  return units;
}

const START_CODE = Buffer.of(0, 0, 1);

/** The first byte of a longer start code, and trailing zeros, belong to no NAL unit. */
function withoutZeros(unit: Buffer): Buffer {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end--;
  return unit.subarray(0, end);
}

/** The RTP payloads of an access unit: NAL units, the large ones in fragments (RFC 6184 §5.6, §5.8). */
export function payloadsOf(accessUnit: Uint8Array): Buffer[] {
  return nalUnitsOf(accessUnit).flatMap((unit) => (unit.length <= MAX_PAYLOAD ? [unit] : fragmentsOf(unit)));
}

function fragmentsOf(unit: Buffer): Buffer[] {
  const [header] = unit as unknown as [number];
  const fragments: Buffer[] = [];
  const size = MAX_PAYLOAD - 2;
  for (let at = 1; at < unit.length; at += size) {
    const part = unit.subarray(at, at + size);
    const isFirst = at === 1;
    const isLast = at + size >= unit.length;
    const start = isFirst ? 0x80 : 0;
    const end = isLast ? 0x40 : 0;
    fragments.push(Buffer.concat([Buffer.of((header & 0xe0) | FU_A, start | end | (header & 0x1f)), part]));
  }
  return fragments;
}

/** The fields that tell one RTP stream and packet from another. */
export interface RtpFields {
  readonly payloadType: number;
  /** True for the last packet of a picture. */
  readonly marker: boolean;
  readonly sequenceNumber: number;
  /** Of the picture, in the clock of the payload: 90 kHz. */
  readonly timestamp: number;
  readonly ssrc: number;
}

/** An RTP packet in front of which stands what tells it apart on the connection of RTSP (RFC 2326 §10.12). */
export function interleavedPacket(channel: number, fields: RtpFields, payload: Uint8Array): Buffer {
  const packet = Buffer.alloc(4 + RTP_HEADER + payload.length);
  packet.write('$', 'latin1');
  packet.writeUInt8(channel, 1);
  packet.writeUInt16BE(RTP_HEADER + payload.length, 2);
  packet.writeUInt8(VERSION, 4);
  packet.writeUInt8((fields.marker ? MARKER : 0) | fields.payloadType, 5);
  packet.writeUInt16BE(fields.sequenceNumber & 0xffff, 6);
  packet.writeUInt32BE(fields.timestamp >>> 0, 8);
  packet.writeUInt32BE(fields.ssrc >>> 0, 12);
  packet.set(payload, 4 + RTP_HEADER);
  return packet;
}
