import type { SourceModuleContext, SourceModulePacket, SourceModuleStream } from '@cloudpush/engine';
import { play } from '@cloudpush/engine/sources';
import { openContainer } from './container-source.js';

/** Options of this source module. */
export interface ContainerModuleOptions {
  readonly path: string;
  /** True: the file begins anew when it ends. */
  readonly loop: boolean;
}

/** Plays a container in the worker thread that sends it. */
export async function openSource({ options }: SourceModuleContext): Promise<SourceModuleStream> {
  const { path, loop } = options as ContainerModuleOptions;
  const source = await openContainer(path);
  const reader = play(source, loop ? Number.POSITIVE_INFINITY : 1);
  return {
    video: source.video,
    audio: source.audio,
    live: false,
    notices: source.notices,
    packets: packetsOf(reader),
  };
}

async function* packetsOf(reader: ReturnType<typeof play>): AsyncGenerator<SourceModulePacket, void, void> {
  try {
    while (true) {
      const packet = reader.next();
      if (packet !== undefined) yield packet;
      else if (reader.ended) return;
      else await reader.more();
    }
  } finally {
    await reader.close();
  }
}
