import { inspectFile } from '@cloudpush/engine';
import { ExitCode } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import { FileProgress } from '../../terminal/file-progress.js';
import type { Output } from '../../terminal/output.js';
import { reportText } from './report-text.js';

/** The options of `cloudpush inspect`, as the parser gives them. */
export interface InspectCommandOptions {
  /** ms */
  readonly gap?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/**
 * `cloudpush inspect <file>`: 1 when the file is damaged. It runs on the main thread, which has nothing else
 * to do but to draw the progress between two pieces of the file.
 */
export async function inspectCommand(
  path: string,
  { gap, json, quiet }: InspectCommandOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const { signal } = interruption;
  const progress = new FileProgress(quiet === true ? undefined : output);
  try {
    const { onProgress } = progress;
    const report = await inspectFile(path, { signal, onProgress, gapThreshold: gap });
    progress.stop();
    if (json === true) {
      output.json(report);
    } else {
      output.result(reportText(report, output.columns));
    }
    return report.intact ? ExitCode.ok : ExitCode.failure;
  } catch (error) {
    progress.stop();
    if (interruption.exitCode === undefined) throw error;
    return interruption.exitCode;
  }
}
