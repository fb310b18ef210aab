/** Counts of one track since its client began to play. The object lives on: read it whenever needed. */
export class TrackStatistics {
  /** RTP packets of the track, duplicates and late ones included. */
  packets = 0;
  /** Bytes of these, with their RTP headers. */
  bytes = 0;
  /** Packets that were missing when it was their turn. */
  lost = 0;
  /** Packets that came more than once. */
  duplicates = 0;
  /** Packets that came after they had been counted as lost. */
  late = 0;
  /** Packets that came behind one with a higher number, but in time. */
  reordered = 0;
  /** Packets that are not RTP, of another payload type, or with contents that break the payload format. */
  malformed = 0;
  /** Times that the camera has begun a new sequence: another SSRC, or a leap of the sequence numbers. */
  restarts = 0;
  /** Access units, or audio frames, handed on. */
  accessUnits = 0;
  /** Pictures or audio frames lost to damage: hit themselves, or of a group of pictures that was. */
  damagedPictures = 0;
  /** Pictures before the first key frame. */
  skippedPictures = 0;
  /** Interarrival jitter in milliseconds (RFC 3550 §6.4.1). */
  jitter = 0;
  /** Time at which the last packet came, in milliseconds of the caller's clock. */
  lastPacketAt = Number.NEGATIVE_INFINITY;
  /** Time at which the last access unit was complete. */
  lastAccessUnitAt = Number.NEGATIVE_INFINITY;
}
