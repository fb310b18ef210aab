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

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** host:port, :port, or host alone, which has the preset port; IPv6 addresses in brackets. */
export function listenAddress(presetPort: number): (text: string) => ListenAddress {
  return (text) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*))(?::(\d{1,5}))?$/.exec(text);
    const port = match?.[3] === undefined ? presetPort : Number(match[3]);
    if (match === null || text === '' || port > 65_535) {
      const examples = `0.0.0.0:${presetPort} or [::1]:${presetPort}`;
      throw new InvalidArgumentError(`An address host:port is needed, such as ${examples}.`);
    }
    return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
  };
}

/** An option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
