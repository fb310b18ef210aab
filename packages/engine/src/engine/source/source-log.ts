import type { LogLine } from '../../logging/log-lines.js';
import type { SourceReport } from '../../protocol/source-messages.js';

/** The lines of the log that tell what happens to sources. */
export const sourceLines = {
  connecting: 'sourceConnecting',
  connected: 'sourceConnected',
  stalled: 'sourceStalled',
  streaming: 'sourceResumed',
  lost: 'sourceLost',
  ended: 'sourceEnded',
  fallback: 'sourceFallback',
  warning: 'sourceWarning',
} as const satisfies Record<SourceReport['type'], LogLine>;

/** The fields of such a line beside the channel's. */
export function sourceFields(event: SourceReport): object {
  switch (event.type) {
    case 'connected':
      return { video: event.tracks.video?.codec, audio: event.tracks.audio?.codec };
    case 'stalled':
      return { kind: event.kind, ms: event.ms };
    case 'lost': {
      const { error, delay, attempts } = event;
      return { code: error.code, reason: error.message, delay, attempts };
    }
    case 'fallback':
      return { on: event.isOn };
    case 'warning':
      return { reason: event.message };
    case 'connecting':
    case 'streaming':
    case 'ended':
      return {};
    default:
      return event satisfies never;
  }
}
