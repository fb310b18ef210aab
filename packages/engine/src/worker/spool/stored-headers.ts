import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { SpoolTag } from '../../spool/index.js';
import { type HeaderDescription, StreamHeaders } from '../destination/stream-headers.js';
import type { SpooledStream } from './spooled-stream.js';
import { StoredTag } from './stored-tag.js';

/** The headers of a stream that were kept with its media: `onMetaData` first, if it is known. */
export function storedHeaders(list: readonly SpoolTag[]): StreamHeaders {
  const tags = list.map((tag) => new StoredTag(tag));
  const data = tags.filter(({ role }) => role === TagRole.data);
  const metadata = data.find((tag) => !isEncryption(tag));
  const description: HeaderDescription = {
    encryption: data.filter(isEncryption),
    metadata: () => metadata,
    // The live stream describes itself later.
    version: -1,
  };
  return new StreamHeaders(
    tags.filter(({ role }) => role !== TagRole.data),
    description,
  );
}

/**
 * The stream goes on with these headers: they go out where they are others than those that its server has.
 */
export function goOnWith(stream: Pick<SpooledStream, 'headers' | 'restart'>, headers: StreamHeaders): void {
  const isSame = areSame(stream.headers.ahead, headers.ahead);
  stream.headers.adopt(headers);
  if (!isSame) stream.restart();
}

function areSame(a: readonly FlvTag[], b: readonly FlvTag[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(({ parts }, i) => Buffer.compare(Buffer.concat(parts), Buffer.concat(b[i]!.parts)) === 0);
}

/** AMF0 string marker and length in front of a name. */
const NAME_OFFSET = 3;

function isEncryption({ parts }: FlvTag): boolean {
  return Buffer.concat(parts).toString('latin1', NAME_OFFSET).startsWith('onEncryption');
}
