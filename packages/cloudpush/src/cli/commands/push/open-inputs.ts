import { stat } from 'node:fs/promises';
import { CloudPushError } from '@cloudpush/engine';
import {
  type MediaSource,
  type OpenSourceOptions,
  openSource,
  sourceError,
  sourceErrorCodes,
} from '@cloudpush/engine/sources';
import { isContainerName } from '../../../containers/container-names.js';

/** Media to push, whose decoder configurations may stand beside it. */
export interface PushSource extends MediaSource {
  /** See the option of the same name of `PushEngine.openChannel`. */
  readonly videoConfig?: Uint8Array | undefined;
  /** The same for sound. */
  readonly audioConfig?: Uint8Array | undefined;
}

/**
 * Opens the inputs of a push: elementary streams, FLV, what comes through a pipe, or one container.
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_…`
 */
async function openInputs(files: readonly string[], options: OpenSourceOptions): Promise<PushSource> {
  const container = files.find(isContainerName);
  if (container !== undefined && options.format === undefined) {
    requireNothingElse(container, files, options);
    const stats = await stat(container).catch(() => undefined);
    if (stats?.isFIFO() !== true) return await open(container);
  }
  try {
    return await openSource(files, options);
  } catch (error) {
    const [file, ...others] = files;
    const isUnknown = error instanceof CloudPushError && error.code === sourceErrorCodes.unsupported;
    if (!isUnknown || file === undefined || others.length > 0) throw error;
    return await openIfContainer(file, error);
  }
}

/**
 * Opens the inputs of a push, as {@link openInputs} does.
 * @param signal the user's wish to end
 * @returns undefined when the user wanted the end while the beginning of a pipe was waited for
 */
export async function openUnlessInterrupted(
  files: readonly string[],
  options: Omit<OpenSourceOptions, 'signal'>,
  signal: AbortSignal,
): Promise<PushSource | undefined> {
  try {
    return await openInputs(files, { ...options, signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

function requireNothingElse(
  container: string,
  files: readonly string[],
  { frameRate }: OpenSourceOptions,
): void {
  const what =
    files.length > 1
      ? 'a container is the only input: its own sound goes with its pictures'
      : frameRate === undefined
        ? undefined
        : 'a frame rate can be set for raw video only';
  if (what !== undefined) throw sourceError(sourceErrorCodes.unsupported, container, what);
}

/** Nothing but its content tells what the file is. */
async function openIfContainer(file: string, otherwise: Error): Promise<PushSource> {
  const { isContainer } = await import('../../../containers/container-source.js');
  if (!(await isContainer(file))) throw otherwise;
  return await open(file);
}

/** The reader of containers is loaded for those who have one. */
async function open(file: string): Promise<PushSource> {
  const { openContainer } = await import('../../../containers/container-source.js');
  return await openContainer(file);
}
