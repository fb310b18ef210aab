import type { IncomingStream, StreamEnd } from '@cloudpush/engine/recording';
import { StreamReceiver, templateFault } from '@cloudpush/engine/recording';
import type { ListenAddress } from '../../argument-types.js';
import { ExitCode, usageError } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import type { Output } from '../../terminal/output.js';
import { untilEnd } from '../../until-end.js';
import { milliseconds } from '../push/push-plan.js';
import { type FinishedRecording, joinRecordings } from './joining/join-recordings.js';
import { JsonReceiveLog, type ReceiveLog, type ReceiveTotals, TextReceiveLog } from './receive-log.js';

/** The options of `cloudpush receive`, as the parser gives them. */
export interface ReceiveOptions {
  readonly listen: ListenAddress;
  readonly record?: string;
  /** Template. */
  readonly name?: string;
  /** s */
  readonly duration?: number;
  readonly maxStreams?: number;
  readonly maxConnections?: number;
  /** Bytes. */
  readonly maxMemory?: number;
  /** Bytes. */
  readonly maxMessage: number;
  /** s; 0: never. */
  readonly idleTimeout?: number;
  /** Streams that gaps were sent for are joined with them at the end. */
  readonly joinGaps?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Interval at which rates are shown, in ms. */
const RATES_INTERVAL = 2000;

/**
 * `cloudpush receive`. SIGINT and SIGTERM are its ordinary end: the exit code is 0 unless a recording could
 * not be written. What publishers do wrong is told, and is not its failure.
 */
export async function receiveCommand(
  options: ReceiveOptions,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const log: ReceiveLog = options.json === true ? new JsonReceiveLog(output) : new TextReceiveLog(output);
  const totals: ReceiveTotals = {
    streams: 0,
    clean: 0,
    pictures: 0,
    audioFrames: 0,
    videoMessages: 0,
    audioMessages: 0,
    bytes: 0,
    recordingFailures: 0,
  };
  const { listen, record, name, idleTimeout } = options;
  const { maxStreams, maxConnections, maxMemory, maxMessage } = options;
  checkName(name, record);
  if (options.joinGaps === true && record === undefined)
    throw usageError('--join-gaps needs --record, the folder of the recordings');
  const recordings: FinishedRecording[] = [];
  const receiver = await StreamReceiver.listen(
    {
      ...listen,
      folder: record,
      template: name,
      idleTimeout: idleTimeout === 0 ? 0 : milliseconds(idleTimeout),
      maxStreams,
      maxConnections,
      maxMemory,
      maxMessageBytes: maxMessage,
    },
    {
      onPublish: (stream) => log.publish(stream),
      onEnd: (stream, end) => {
        add(totals, stream, end);
        const { app, name: streamName, file, startedAt } = stream;
        if (file !== undefined) recordings.push({ app, name: streamName, file, startedAt });
        log.end(stream, end);
      },
      onRefused: (error) => log.refused(error),
    },
  );
  log.listening(receiver.address);
  const rates = options.quiet === true ? undefined : setInterval(() => log.rates(receiver), RATES_INTERVAL);
  await untilEnd(interruption.signal, options.duration);
  clearInterval(rates);
  await receiver.close();
  if (options.joinGaps === true)
    for (const joined of await joinRecordings(record!, recordings)) log.joined(joined);
  log.summary(totals);
  return totals.recordingFailures === 0 ? ExitCode.ok : ExitCode.failure;
}

function checkName(name: string | undefined, record: string | undefined): void {
  if (name === undefined) return;
  if (record === undefined) throw usageError('--name needs --record, the folder of the recordings');
  const fault = templateFault(name);
  if (fault !== undefined) throw usageError(`--name ${name}: ${fault}`);
}

function add(totals: ReceiveTotals, stream: IncomingStream, { clean, error }: StreamEnd): void {
  totals.streams++;
  totals.clean += clean ? 1 : 0;
  totals.pictures += stream.pictures;
  totals.audioFrames += stream.audioFrames;
  totals.videoMessages += stream.videoMessages;
  totals.audioMessages += stream.audioMessages;
  totals.bytes += stream.bytes;
  totals.recordingFailures += error?.code === 'ERR_CLOUDPUSH_RECORDING_FAILED' ? 1 : 0;
}
