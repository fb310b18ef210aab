import { errorNumber } from '@cloudpush/engine';
import type { EventFields } from '../gateway-event.js';
import type { MediaChannel } from './media-engine.js';
import type { SourceSupervisor } from './source-supervisor.js';

/** Listener to the events of a channel of the engine. */
export interface ChannelListener {
  readonly source: SourceSupervisor;
  /** The source has answered, or failed to: the next channel may start. */
  readonly started: () => void;
  readonly emit: (event: EventFields) => void;
  readonly onChange: () => void;
  readonly onClosed: () => void;
}

/** Turns the events of a channel of the engine into those of the gateway. */
export function listenToChannel(
  channel: MediaChannel,
  name: string,
  { source, started, emit, onChange, onClosed }: ChannelListener,
): void {
  channel.on('sourceConnected', ({ tracks }) => {
    source.onConnected(tracks);
    started();
    emit({ type: 'sourceConnected', level: 'info', message: `the source of ${name} is connected` });
    onChange();
  });
  channel.on('sourceLost', ({ error, delay }) => {
    source.onLost(error);
    started();
    const next = Number.isFinite(delay) ? `; the next attempt is in ${(delay / 1000).toFixed(1)} s` : '';
    const message = `the source of ${name} is lost: ${error.message}${next}`;
    emit({ type: 'sourceLost', level: 'error', message, code: error.code });
    channel.sendMetadata({ type: 'disconnect', code: errorNumber(error.code) ?? 0 });
    onChange();
  });
  channel.on('sourceStalled', ({ kind, ms }) => {
    const what = kind === 'all' ? 'nothing' : 'no picture';
    const message = `${what} has come from the source of ${name} for ${Math.round(ms / 1000)} s`;
    emit({ type: 'sourceStalled', level: 'warn', message });
    onChange();
  });
  channel.on('sourceWarning', ({ message }) => {
    source.onWarning(message);
    emit({ type: 'sourceWarning', level: 'warn', message: `the source of ${name}: ${message}` });
  });
  channel.on('sourceEnded', () => {
    emit({
      type: 'sourceEnded',
      level: 'info',
      message: `the source of ${name} has come to its end`,
    });
    onChange();
  });
  channel.on('segmentEnd', ({ number }) => {
    emit({
      type: 'segmentEnded',
      level: 'info',
      message: `segment ${number} of ${name} has been pushed`,
    });
  });
  channel.on('problem', ({ error }) => {
    emit({ type: 'problem', level: 'warn', message: `${name}: ${error.message}`, code: error.code });
  });
  channel.on('close', onClosed);
}
