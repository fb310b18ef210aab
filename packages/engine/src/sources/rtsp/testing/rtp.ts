/** Fields of an RTP packet that tests set. */
export interface RtpFields {
  readonly sequence: number;
  readonly timestamp?: number;
  readonly marker?: boolean;
  readonly payloadType?: number;
  readonly ssrc?: number;
}

/** An RTP packet (RFC 3550 §5.1), written plainly. */
export function rtpPacket(fields: RtpFields, payload: Uint8Array): Buffer {
  const { sequence, timestamp = 0, marker = false, payloadType = 96, ssrc = 1 } = fields;
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = (marker ? 0x80 : 0) | payloadType;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** A sender report (RFC 3550 §6.4.1) for an instant: wall clock in ms since 1970, and RTP timestamp. */
export function senderReport(ssrc: number, ntpTime: number, rtpTime: number): Buffer {
  const packet = Buffer.alloc(28);
  packet.set([0x80, 200, 0, 6]);
  packet.writeUInt32BE(ssrc, 4);
  const seconds = Math.floor(ntpTime / 1000);
  packet.writeUInt32BE(seconds + 2_208_988_800, 8);
  packet.writeUInt32BE(Math.floor(((ntpTime - seconds * 1000) / 1000) * 2 ** 32), 12);
  packet.writeUInt32BE(rtpTime >>> 0, 16);
  return packet;
}

/** A goodbye (RFC 3550 §6.6). */
export function bye(ssrc: number): Buffer {
  const packet = Buffer.from('81cb000100000000', 'hex');
  packet.writeUInt32BE(ssrc, 4);
  return packet;
}
