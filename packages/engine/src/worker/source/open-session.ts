import type { SourceConfig } from '../../options/source-config.js';
import type { Pacer } from '../../sources/pacing/pacer.js';
import { CommandOpener, type RunningCommands } from './command-opener.js';
import { FileOpener } from './file-opener.js';
import { ModuleOpener } from './module-opener.js';
import { ReaderSession } from './reader-session.js';
import { type RtspServices, RtspSession } from './rtsp-session.js';
import type { SourceOutput } from './source-output.js';
import type { SessionHandler, SourceSession } from './source-session.js';

/** What sessions need of their shard. */
export interface SessionServices extends RtspServices {
  readonly pacer: Pacer;
  readonly commands: RunningCommands;
}

/** A session of the kind of source that is configured. */
export function openSession(
  { input, audio }: SourceConfig,
  output: SourceOutput,
  handler: SessionHandler,
  services: SessionServices,
): SourceSession {
  const { pacer, commands } = services;
  switch (input.kind) {
    case 'rtsp':
      return new RtspSession(input, audio, output, handler, services);
    case 'file':
      return new ReaderSession(new FileOpener(input), pacer, output, handler, audio);
    case 'command':
      return new ReaderSession(new CommandOpener(input, commands), pacer, output, handler, audio);
    case 'module':
      return new ReaderSession(new ModuleOpener(input), pacer, output, handler, audio);
    default:
      return input satisfies never;
  }
}
