import { readUint32 } from './rtp-packet.js';

/** RTCP packet types (RFC 3550 §12.1). */
const packetTypes = { senderReport: 200, receiverReport: 201, sourceDescription: 202, bye: 203 } as const;

/** Seconds from the epoch of NTP, 1900, to that of Unix, 1970. */
const NTP_TO_UNIX = 2_208_988_800;

/** The fields of a sender report that a client needs (RFC 3550 §6.4.1). */
export interface SenderReport {
  readonly ssrc: number;
  /** Wall clock of the camera in ms since 1970, with a fraction. */
  readonly ntpTime: number;
  /** The middle 32 bits of the NTP timestamp, which a receiver report gives back. */
  readonly compactNtp: number;
  /** The same instant on the track's RTP clock, 32 bits. */
  readonly rtpTime: number;
}

export interface RtcpHandler {
  onSenderReport(report: SenderReport): void;
  /** A source has ended. */
  onBye(ssrc: number): void;
}

/** Reads a compound RTCP packet, `bytes` from `start` to `end` (RFC 3550 §6.1); what is not valid ends it. */
export function readRtcp(bytes: Uint8Array, start: number, end: number, handler: RtcpHandler): void {
  for (let at = start; at + 8 <= end; ) {
    const length = 4 + 4 * ((bytes[at + 2]! << 8) | bytes[at + 3]!);
    if (bytes[at]! >> 6 !== 2 || at + length > end) return;
    const type = bytes[at + 1]!;
    if (type === packetTypes.senderReport && length >= 28) handler.onSenderReport(senderReportAt(bytes, at));
    if (type === packetTypes.bye) readBye(bytes, at, length, handler);
    at += length;
  }
}

function senderReportAt(bytes: Uint8Array, at: number): SenderReport {
  const seconds = readUint32(bytes, at + 8);
  const fraction = readUint32(bytes, at + 12);
  return {
    ssrc: readUint32(bytes, at + 4),
    ntpTime: (seconds - NTP_TO_UNIX) * 1000 + (fraction * 1000) / 2 ** 32,
    compactNtp: ((seconds & 0xffff) * 0x1_0000 + (fraction >>> 16)) >>> 0,
    rtpTime: readUint32(bytes, at + 16),
  };
}

function readBye(bytes: Uint8Array, at: number, length: number, handler: RtcpHandler): void {
  const count = bytes[at]! & 0x1f;
  for (let i = 0; i < count && 8 + 4 * i <= length; i++) handler.onBye(readUint32(bytes, at + 4 + 4 * i));
}

/** The contents of a receiver report with one block (RFC 3550 §6.4.2). */
export interface ReceiverReport {
  /** Our own synchronization source. */
  readonly ssrc: number;
  /** The source that is reported on. */
  readonly sourceSsrc: number;
  /** Part of the packets lost since the last report, from 0 to 1. */
  readonly fractionLost: number;
  /** Packets lost since the beginning. */
  readonly cumulativeLost: number;
  /** Highest sequence number received, with the count of its cycles in the upper 16 bits. */
  readonly highestSequence: number;
  /** In ticks of the RTP clock. */
  readonly jitter: number;
  /** `compactNtp` of the last sender report; 0: none came. */
  readonly lastReport: number;
  /** Milliseconds since it came. */
  readonly delay: number;
}

/**
 * Writes a compound packet: a receiver report and a source description with a canonical name (RFC 3550 §6.1).
 */
export function writeReceiverReport(report: ReceiverReport, canonicalName: string): Buffer {
  const name = Buffer.from(canonicalName.slice(0, 255), 'latin1');
  const descriptionBytes = 4 * Math.ceil((8 + 2 + name.length + 1) / 4);
  const packet = Buffer.alloc(32 + descriptionBytes);
  writeHeader(packet, 0, packetTypes.receiverReport, 32);
  packet.writeUInt32BE(report.ssrc >>> 0, 4);
  packet.writeUInt32BE(report.sourceSsrc >>> 0, 8);
  packet[12] = Math.min(255, Math.floor(report.fractionLost * 256));
  packet.writeIntBE(Math.min(0x7f_ffff, report.cumulativeLost), 13, 3);
  packet.writeUInt32BE(report.highestSequence >>> 0, 16);
  packet.writeUInt32BE(Math.min(0xffff_ffff, Math.round(report.jitter)), 20);
  packet.writeUInt32BE(report.lastReport >>> 0, 24);
  packet.writeUInt32BE(Math.min(0xffff_ffff, Math.round(report.delay * 65.536)), 28);
  writeHeader(packet, 32, packetTypes.sourceDescription, descriptionBytes);
  packet.writeUInt32BE(report.ssrc >>> 0, 36);
  packet[40] = 1; // CNAME
  packet[41] = name.length;
  packet.set(name, 42);
  return packet;
}

/** Version 2 and a count of 1; the length is in 32-bit words, less one. */
function writeHeader(packet: Buffer, at: number, type: number, bytes: number): void {
  packet[at] = 0x81;
  packet[at + 1] = type;
  packet.writeUInt16BE(bytes / 4 - 1, at + 2);
}
