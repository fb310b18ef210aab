import { InvalidArgumentError } from 'commander';

/** An integer of at least `min`. */
export function integer(min: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`A whole number of at least ${min} is needed.`);
    }
    return value;
  };
}

/** An integer of at least `min` and at most `max`. */
export function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`A whole number from ${min} to ${max} is needed.`);
    }
    return value;
  };
}

/** A positive decimal number up to `max`, such as 29.97. */
export function positive(max: number): (text: string) => number {
  return (text) => {
    const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (!(value > 0 && value <= max)) {
      throw new InvalidArgumentError(`A number above 0 and up to ${max} is needed.`);
    }
    return value;
  };
}

/** A decimal number of at least 0 and up to `max`. */
export function nonNegative(max: number): (text: string) => number {
  return (text) => {
    const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (!(value <= max)) throw new InvalidArgumentError(`A number from 0 to ${max} is needed.`);
    return value;
  };
}

/** A frame rate as a number or as a fraction such as 30000/1001. */
export function frameRate(text: string): number {
  const fraction = /^(\d+)\/(\d+)$/.exec(text);
  const value = fraction === null ? Number(text) : Number(fraction[1]) / Number(fraction[2]);
  if (text.trim() === '' || !(value > 0 && value <= 1000)) {
    throw new InvalidArgumentError(
      'A frame rate above 0 and up to 1000 is needed, such as 25 or 30000/1001.',
    );
  }
  return value;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** A number of bytes, with K, M or G (powers of 1024) if wanted: 64M, 64MiB, 1048576. */
export function byteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text);
  const value = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[match[2]!.toLowerCase()]!);
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new InvalidArgumentError('A size is needed, such as 64M or 1048576.');
  }
  return value;
}

const MIN_MESSAGE = 65_536;
/** Bytes of the longest message that RTMP allows (RTMP 1.0 §5.3.1.2): what `push` sends at most. */
export const MAX_MESSAGE = 2 ** 24 - 1;

/** Bytes of an RTMP message, 65,536 to 16,777,215, written as in {@link byteSize}. */
export function messageSize(text: string): number {
  const value = byteSize(text);
  if (value < MIN_MESSAGE || value > MAX_MESSAGE) {
    throw new InvalidArgumentError(
      `That is ${value} bytes; a size from ${MIN_MESSAGE} to ${MAX_MESSAGE} is needed, such as 8M.`,
    );
  }
  return value;
}

const MAX_BIT_RATE = 1_000_000_000;
const RATE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1000, m: 1_000_000 };

/** Bits a second, with k or M (powers of 1000) if wanted: 4M, 2.5Mbit/s, 800k. */
export function bitRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([km]?)(?:b(?:it)?(?:\/s|ps))?$/i.exec(text);
  const value =
    match === null ? Number.NaN : Math.round(Number(match[1]) * RATE_UNITS[match[2]!.toLowerCase()]!);
  if (!(value > 0 && value <= MAX_BIT_RATE)) {
    throw new InvalidArgumentError('A bit rate up to 1000M is needed, such as 4M or 800k.');
  }
  return value;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';

/**
 * host:port, :port for all addresses, a port alone for this machine, a host alone for the preset port; IPv6
 * in brackets.
 */
export function listenAddress(presetPort: number): (text: string) => ListenAddress {
  return (text) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*))(?::(\d{1,5}))?$/.exec(text);
    const [, ipv6, name = '', portText] = match ?? [];
    const isPort = portText === undefined && /^\d{1,5}$/.test(name);
    const port = isPort ? Number(name) : portText === undefined ? presetPort : Number(portText);
    if (match === null || text === '' || port > 65_535) {
      const examples = `${LOOPBACK}:${presetPort}, [::1]:${presetPort}, or :${presetPort} for all addresses`;
      throw new InvalidArgumentError(
        `An address host:port is needed, with a port of 0 to 65535, such as ${examples}.`,
      );
    }
    return { host: ipv6 ?? (isPort ? LOOPBACK : name || '0.0.0.0'), port };
  };
}

/** An option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
