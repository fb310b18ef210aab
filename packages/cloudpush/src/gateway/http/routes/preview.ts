import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LocalQuery } from '../../gateway.js';
import { Type } from '../../schema-builder.js';
import type { HttpContext } from '../http-context.js';
import type { LiveMovie } from '../preview/movie.js';
import { sendPreviewOf } from '../preview/peer-preview.js';
import type { PreviewPicture } from '../preview/preview-pictures.js';
import { ViewerProgress } from '../preview/viewer-progress.js';
import { channelParameters, localQuery } from '../schemas/requests.js';
import type { ChannelParameters } from './channel-requests.js';
import { documented } from './route-documentation.js';

const MP4 = 'video/mp4';
/** A viewer that has so many bytes waiting does not keep up; it can look again. */
const MAX_WAITING_BYTES = 8 * 2 ** 20;
const tags = ['channels'];

/** `/v1/channels/{name}/frame.mp4` and `live.mp4`: what a channel sends, for people who look. */
export function previewRoutes(app: FastifyInstance, { gateway }: HttpContext): void {
  const binary = Type.String({ description: 'MP4.', format: 'binary' });
  const frameSchema = documented({
    operationId: 'getChannelFrame',
    summary: 'The next key frame that the channel sends, as a film of one picture.',
    description: 'H.264 or H.265; the codec is named by the media type. Nothing is decoded or kept.',
    tags,
    params: channelParameters,
    querystring: localQuery,
    answers: binary,
    mediaType: MP4,
  });
  app.get('/v1/channels/:name/frame.mp4', { schema: frameSchema }, async (request, reply) => {
    const { name } = request.params as ChannelParameters;
    if (await isSentByPeer(gateway, request, reply)) return reply;
    const picture = await untilClosed(reply, (signal) => keyFrameOf(gateway, name, signal));
    if (picture === undefined) return reply;
    const { stillMovie } = await movies();
    return reply.type(mediaType(picture)).send(Buffer.from(await stillMovie(picture)));
  });

  const liveSchema = documented({
    operationId: 'watchChannel',
    summary: 'What the channel sends, as a fragmented film that goes on until the request is ended.',
    description: 'Pictures only. At most eight previews, still and live, are open at the same time.',
    tags,
    params: channelParameters,
    querystring: localQuery,
    answers: binary,
    mediaType: MP4,
  });
  app.get('/v1/channels/:name/live.mp4', { schema: liveSchema }, async (request, reply) => {
    const { name } = request.params as ChannelParameters;
    if (await isSentByPeer(gateway, request, reply)) return reply;
    await untilClosed(reply, (signal) => sendLive(gateway, name, reply, signal));
    return reply;
  });
}

/**
 * Leads a request to the node of the cluster that runs the channel, unless that is this one, or it is to be.
 */
async function isSentByPeer(
  gateway: HttpContext['gateway'],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  if ((request.query as LocalQuery).local === true) return false;
  const place = await gateway.channelPlace((request.params as ChannelParameters).name);
  if (place === undefined) return false;
  await untilClosed(reply, (signal) => sendPreviewOf(place, { request, reply, signal }));
  return true;
}

/** Loads the receiver of a channel with the first preview that is wanted: most gateways never need it. */
async function previewChannel(
  ...args: Parameters<typeof import('../preview/channel-preview.js').previewChannel>
): Promise<void> {
  const preview = await import('../preview/channel-preview.js');
  await preview.previewChannel(...args);
}

/** Loads the writer of films, as late. */
function movies(): Promise<typeof import('../preview/movie.js')> {
  return import('../preview/movie.js');
}

/** @returns undefined when the signal came first */
async function keyFrameOf(
  gateway: HttpContext['gateway'],
  name: string,
  signal: AbortSignal,
): Promise<PreviewPicture | undefined> {
  const found = new AbortController();
  let picture: PreviewPicture | undefined;
  const onPicture = (next: PreviewPicture) => {
    if (!next.keyFrame) return;
    picture ??= next;
    found.abort();
  };
  await previewChannel(gateway, name, onPicture, AbortSignal.any([signal, found.signal]));
  return picture;
}

async function sendLive(
  gateway: HttpContext['gateway'],
  name: string,
  reply: FastifyReply,
  signal: AbortSignal,
): Promise<void> {
  const { raw } = reply;
  const movieModule = await movies();
  let movie: LiveMovie | undefined;
  const viewer = new ViewerProgress();
  const write = (piece: Uint8Array) => {
    raw.write(piece);
    if (raw.writableLength > MAX_WAITING_BYTES || viewer.isIdle(piece.length, raw.writableLength))
      raw.destroy();
  };
  const onPicture = (picture: PreviewPicture) => {
    if (movie === undefined) {
      if (!picture.keyFrame) return;
      begin(reply, picture);
      movie = new movieModule.LiveMovie(picture, write);
    }
    movie.add(picture).catch(() => raw.destroy());
  };
  try {
    await previewChannel(gateway, name, onPicture, signal);
  } catch (error) {
    // Once the film has begun, its end is all that can be told.
    if (movie === undefined) throw error;
  } finally {
    await movie?.close().catch(() => {});
    if (movie !== undefined) raw.end();
  }
}

function begin(reply: FastifyReply, picture: PreviewPicture): void {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.writeHead(200, { 'content-type': mediaType(picture) });
}

function mediaType({ codecString }: PreviewPicture): string {
  return `${MP4}; codecs="${codecString}"`;
}

/** Runs `look` with a signal for the end of the client's connection. */
async function untilClosed<T>({ raw }: FastifyReply, look: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const closed = new AbortController();
  raw.once('close', () => closed.abort());
  if (raw.destroyed) closed.abort();
  return await look(closed.signal);
}
