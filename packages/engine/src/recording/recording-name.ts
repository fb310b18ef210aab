import { requireText } from '../base/validation.js';

/** Bytes: common file systems take names of 255, and something is put behind this. */
const MAX_STEM = 200;

/** Facts that name a recording. */
export interface RecordedStream {
  readonly app: string;
  readonly streamName: string;
  readonly startedAt: Date;
  /** Number of the stream in this run, from 1. */
  readonly id: number;
  /** Address of the publisher. */
  readonly from: string;
}

/** The name that a recording has unless a template says otherwise. */
export const DEFAULT_RECORDING_NAME = '{app}_{name}_{time}';

const VALUES: Readonly<Record<string, (stream: RecordedStream) => string>> = {
  app: ({ app }) => plain(app),
  name: ({ streamName }) => plain(streamName),
  time: ({ startedAt }) => compactTime(startedAt),
  date: ({ startedAt }) => compactTime(startedAt).slice(0, 8),
  id: ({ id }) => String(id),
  from: ({ from }) => plain(from),
};

/** Placeholders that a template may hold, as people see them. */
export const RECORDING_PLACEHOLDERS = Object.keys(VALUES)
  .map((name) => `{${name}}`)
  .join(' ');

/** Reason why a template cannot name recordings; undefined when it can. */
export function templateFault(template: string): string | undefined {
  requireText('template', template);
  const unknown = /\{([^{}]*)\}/g;
  for (const [placeholder, name] of template.matchAll(unknown)) {
    if (!Object.hasOwn(VALUES, name!)) {
      return `${placeholder} is not a placeholder; permitted: ${RECORDING_PLACEHOLDERS}`;
    }
  }
  const parts = template.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\p{Cc}\\]/u.test(template)) {
    return 'it must name a file below the folder of the recordings, such as {app}/{name}_{time}';
  }
  return undefined;
}

/**
 * A path for a recording below its folder, without extension: `live_camera_20261122T113005.123Z`. Slashes of
 * the template make folders. The name a publisher gives to its stream never does, nor does it hide the file,
 * or make a name that some system refuses.
 */
export function recordingName(stream: RecordedStream, template = DEFAULT_RECORDING_NAME): string {
  return template
    .replace(/\.flv$/i, '')
    .split('/')
    .map((part) => filled(part, stream))
    .join('/');
}

function filled(part: string, stream: RecordedStream): string {
  const time = compactTime(stream.startedAt);
  const value = (placeholder: string): string => {
    const text = VALUES[placeholder]!(stream);
    // Long names must leave room for the rest of the part, above all for the time.
    return shortened(text, Math.floor(MAX_STEM / Math.max(1, part.split('{').length - 1)));
  };
  const name = part
    .replace(/\{([^{}]*)\}/g, (_, inner: string) => value(inner))
    // Separators between empty values, and in front of the first, say nothing.
    .replace(/^[._-]+|[._-]+$/g, '')
    .replace(/_{2,}/g, '_');
  const sure = name === '' || name === time ? `stream${name === '' ? '' : '_'}${name}` : name;
  return shortened(sure, MAX_STEM + time.length + 1);
}

function compactTime(time: Date): string {
  return time.toISOString().replace(/[-:]/g, '');
}

/** Letters, digits, points and dashes inside; everything else becomes a dash. */
function plain(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}.-]+/gu, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+|[.-]+$/g, '');
}

/** As many whole characters as fit. */
function shortened(text: string, maxBytes: number): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(maxBytes)).read);
}
