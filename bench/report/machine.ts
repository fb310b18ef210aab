import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Machine } from './model.js';

/** Describes the machine as far as figures depend on it: no names. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    processors: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release().split('-')[0]}`,
    node: process.version,
    load: Math.round(loadavg()[0]! * 10) / 10,
  };
}
