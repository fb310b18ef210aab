/**
 * Where an engine's destinations with `overflow: 'spool'` keep on disk what their servers could not be sent,
 * and how much. See docs/spool.md.
 */
export interface SpoolStoreOptions {
  /**
   * The folder, one process's alone; it is made where it is missing. Its files are for their owner alone, and
   * hold no key and no token; of an encrypted channel they hold what is encrypted.
   */
  readonly folder: string;
  /**
   * The most that all destinations together keep, in bytes, 1 MiB to 1 PiB; beyond, the oldest of whoever
   * keeps most goes. Default 10 GiB.
   */
  readonly maxBytes?: number | undefined;
  /** The longest that anything is kept, in ms, 1 s to 1 year; beyond, it goes. Default 7 days. */
  readonly maxAge?: number | undefined;
  /**
   * Bytes of the volume that stay free, 0 to 1 PiB; below, the oldest of whoever keeps most goes. Default
   * 1 GiB.
   */
  readonly minFree?: number | undefined;
  /**
   * When the disk is told to make durable what was written: once a `'second'` (default), with each
   * `'segment'`, which is a minute, or `'none'`: whenever the operating system does. A loss of power loses
   * what came since.
   */
  readonly sync?: 'second' | 'segment' | 'none' | undefined;
  /**
   * The most gaps that are sent at a time, over all destinations, each on a connection of its own, 1 to 1000.
   * Default 4.
   */
  readonly maxGaps?: number | undefined;
}

/** Names of a channel and a destination, none of them a secret: their part of the spool is named after both. */
export interface SpoolSeriesNames {
  /** 1 to 128 characters. */
  readonly channel: string;
  /** 1 to 128 characters; default: made of host, port, app and stream, or of the device. */
  readonly destination?: string | undefined;
  /**
   * Takes over what lies on disk under the name that is made of host, port, app and stream, or of the device,
   * unless another destination has that open. Default true.
   */
  readonly takesOver?: boolean | undefined;
}

/**
 * Media that goes through the disk spool of a destination (`overflow: 'spool'`), and how it is sent
 * afterwards.
 */
export interface SpoolOptions {
  /**
   * A name for the destination's part of the spool, 1 to 128 characters: what lies there is found again after
   * a restart. Default: made of host, port, app and stream, or of the device, so that it need be given only
   * where these change, or where two differ in the query or the token only: a series is one destination's.
   */
  readonly series?: string | SpoolSeriesNames | undefined;
  /**
   * `'outage'` (default): what leaves the queue under pressure or while disconnected goes to disk, from the
   * last key frame on that the server has acknowledged; a crash of the process loses what waits in memory.
   * `'always'`: everything goes to disk first, and goes from there when the server has acknowledged it.
   */
  readonly when?: 'outage' | 'always' | undefined;
  /**
   * `'live'` (default): after an outage the stream goes on at the next key frame, under its own name; what
   * was kept is sent beside it, each gap under a name of its own. `'in-order'`: one stream, without a gap:
   * what was kept goes out first, faster than real time, and what comes waits behind it on disk until it has
   * caught up. `'keep'`: it stays on disk.
   */
  readonly resume?: 'live' | 'in-order' | 'keep' | undefined;
  /** How much faster than real time what was kept is sent at most, 1 to 100. Default 2. */
  readonly speed?: number | undefined;
  /**
   * The hours in which gaps are sent, in the time of the machine, such as `'01:00-05:00'` or `'22:00-04:30'`.
   * Default: at any time.
   */
  readonly window?: string | undefined;
  /**
   * The name of a gap's stream: `$stream` is that of the live stream, `$start` the UTC time of its first
   * picture, such as `20260304T050607089Z`, without which two would have one name. Default
   * `'$stream-gap-$start'`.
   */
  readonly stream?: string | undefined;
}
