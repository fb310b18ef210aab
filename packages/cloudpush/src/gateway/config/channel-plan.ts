import { createHash } from 'node:crypto';
import { cameraPlace } from './addresses.js';
import type { ChannelPlan, DestinationPlan, EventPlan, OnvifTrigger } from './configuration.js';
import {
  type ChannelSurroundings,
  type DestinationSurroundings,
  planDestination,
} from './destination-plan.js';
import type { PlanContext } from './plan-context.js';
import type { ChannelDocument, GatewayDocument } from './schema.js';
import { planSource } from './source-plan.js';
import { parseDuration } from './units.js';

/** A channel of the file, and what stands around it there. */
interface ChannelInput {
  readonly name: string;
  readonly own: ChannelDocument;
  readonly defaults: GatewayDocument['channelDefaults'];
  readonly surroundings: DestinationSurroundings;
}

/** A channel as the supervisor runs it; undefined when it is at fault, which the problems tell. */
export function planChannel(
  { name, own, defaults, surroundings }: ChannelInput,
  context: PlanContext,
): ChannelPlan | undefined {
  const { destination: _, ...channelDefaults } = defaults ?? {};
  const document: ChannelDocument = { ...channelDefaults, ...own };
  const source = planSource(document, context);
  const event = planEvent(document, context);
  const around = { ...surroundings, channel: name, preRoll: event?.preRoll ?? 0 };
  const destinations = planDestinations(document, around, context.below('destinations'));
  const encryption = planEncryption(document, context.below('encryption'));
  if (source === undefined || destinations === undefined) return undefined;
  return {
    name,
    enabled: document.enabled ?? true,
    labels: document.labels ?? {},
    revision: revisionOf([own, defaults]),
    source,
    event,
    stream: { hevc: document.hevc, encryption },
    destinations,
  };
}

/** An entity tag of plain values. */
export function revisionOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
}

function planDestinations(
  { destinations }: ChannelDocument,
  surroundings: ChannelSurroundings,
  context: PlanContext,
): DestinationPlan[] | undefined {
  const plans: DestinationPlan[] = [];
  for (const [index, given] of destinations.entries()) {
    const plan = planDestination(given, index + 1, surroundings, context.below(index));
    if (plan === undefined) continue;
    if (plans.some(({ name }) => name === plan.name)) {
      context.problems.add([index, 'name'], `another destination of the channel is called ${plan.name}`);
    }
    plans.push(plan);
  }
  return plans.length === destinations.length ? plans : undefined;
}

function planEvent(document: ChannelDocument, context: PlanContext): EventPlan | undefined {
  const { problems } = context;
  const { mode, triggers = [], preRoll = '5s', postRoll = '10s', maxDuration = '1h' } = document;
  if (mode !== 'event') return undefined;
  const http = triggers.find((trigger) => trigger.http === true);
  const onvifTriggers = planOnvif(triggers, context.below('triggers'));
  if (http === undefined && onvifTriggers.length === 0) {
    problems.add([], 'mode event needs triggers, such as [ { http: true } ]');
  }
  return {
    preRoll: parseDuration(preRoll)!,
    postRoll: parseDuration(postRoll)!,
    maxDuration: parseDuration(maxDuration)!,
    httpTrigger: http === undefined ? undefined : (http.type ?? 'default'),
    onvifTriggers,
  };
}

function planOnvif(triggers: NonNullable<ChannelDocument['triggers']>, context: PlanContext): OnvifTrigger[] {
  return triggers.flatMap(({ http, onvif, type = 'moveDetect' }, index) => {
    if (onvif === undefined) return [];
    const { problems, secret } = placeOf(context, index);
    if (http !== undefined) problems.add([], 'http and onvif exclude each other: they are two triggers');
    const { url, username, topics = ['motion'] } = onvif;
    const password = secret(onvif.password);
    if (!URL.canParse(url) || new URL(url).username !== '') {
      problems.add(
        ['onvif', 'url'],
        'the URL is not http[s]://host[:port]/path, with username and password beside it',
      );
      return [];
    }
    if ((username === undefined) !== (onvif.password === undefined)) {
      problems.add(['onvif'], 'username and password go together');
    }
    const credentials = username === undefined || password === undefined ? undefined : { username, password };
    return [{ url, place: cameraPlace(url), credentials, topics, type }];
  });
}

function placeOf(context: PlanContext, index: number) {
  const { problems } = context.below(index);
  return {
    problems,
    secret: (text: string | undefined) => context.below(index, 'onvif').secret(['password'], text),
  };
}

function planEncryption({ encryption }: ChannelDocument, context: PlanContext) {
  if (encryption === undefined) return undefined;
  const key = context.secret(['key'], encryption.key);
  const { video, audio } = encryption;
  return {
    video: video === undefined ? undefined : { mode: video, key },
    audio: audio === undefined ? undefined : { mode: audio, key },
  };
}
