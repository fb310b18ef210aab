/** Makes access units of the payloads of one track. Payloads come in the order of their sequence numbers. */
export interface Depacketizer {
  /**
   * Takes the payload `bytes` from `start` to `end`.
   *
   * @param ticks time on the track's clock, see `TrackClock`
   * @param marker the packet is the last one of an access unit (RFC 3550 §5.1; each payload format says so)
   */
  push(bytes: Uint8Array, start: number, end: number, ticks: number, marker: boolean): void;
  /** Packets are missing before the next payload. */
  lost(): void;
  /** No more payloads belong to what is unfinished: completes what can be. */
  flush(): void;
}

/** Turns ticks of a track's clock into ms. */
interface PresentationClock {
  timeOf(ticks: number): number;
}

/** Reports of a depacketizer beside its access units. */
interface DepacketizerReport {
  accessUnits: number;
  damagedPictures: number;
  skippedPictures: number;
  malformed: number;
}

export interface DepacketizerContext {
  readonly clock: PresentationClock;
  readonly report: DepacketizerReport;
  readonly limits: { readonly maxAccessUnitBytes: number; readonly maxNalUnits: number };
  /** Tells an operator, once, of something that is not supported. */
  readonly warn: (message: string) => void;
}
