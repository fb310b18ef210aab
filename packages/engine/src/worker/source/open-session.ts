import type { ReadInput, SourceConfig } from '../../options/source-config.js';
import { CommandOpener, type RunningCommands } from './command-opener.js';
import { FileOpener } from './file-opener.js';
import { ModuleOpener } from './module-opener.js';
import {
  type ReaderOpener,
  type ReaderRequest,
  type ReaderServices,
  ReaderSession,
} from './reader-session.js';
import { type RtspServices, RtspSession } from './rtsp-session.js';
import type { SourceOutput } from './source-output.js';
import type { SessionHandler, SourceSession } from './source-session.js';

/** The shard of sessions, as far as they need it. */
export interface SessionServices extends RtspServices, ReaderServices {
  readonly commands: RunningCommands;
}

/** A session of the kind of source that is configured. */
export function openSession(
  { input, audio }: SourceConfig,
  output: SourceOutput,
  handler: SessionHandler,
  services: SessionServices,
): SourceSession {
  if (input.kind === 'rtsp') return new RtspSession({ input, audio, output, handler }, services);
  return openReader({ input, audio, output, handler }, services);
}

/** A session of a source, or of a fallback, whose packets are read when they are due. */
export function openReader(
  { input, ...request }: Omit<ReaderRequest, 'warn'> & { readonly input: ReadInput },
  services: SessionServices,
): SourceSession {
  const { commands, warn } = services;
  return new ReaderSession(readerOpener(input, commands), services, { ...request, warn });
}

function readerOpener(input: ReadInput, commands: RunningCommands): ReaderOpener {
  switch (input.kind) {
    case 'file':
      return new FileOpener(input);
    case 'command':
      return new CommandOpener(input, commands);
    case 'module':
      return new ModuleOpener(input);
    default:
      return input satisfies never;
  }
}
