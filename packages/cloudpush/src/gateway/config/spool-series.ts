import type { DestinationOptions } from '@cloudpush/engine';
import { parseRtmpUrl } from '@cloudpush/transport';
import type { ChannelPlan, DestinationPlan } from './configuration.js';
import type { PlanContext } from './plan-context.js';
import type { GatewayDocument } from './schema.js';

type Series = NonNullable<NonNullable<DestinationOptions['spool']>['series']>;

/** A destination with a disk spool. */
interface Spooled {
  readonly channel: ChannelPlan;
  readonly index: number;
  readonly plan: DestinationPlan;
}

/**
 * The series of a destination in the disk spool: named after its channel, and after itself where it has a name
 * of its own. A number in the list is none: the next destination of that number leads elsewhere.
 */
export function seriesOf(
  channel: string,
  destination: string | undefined,
  given: string | undefined,
): Series {
  if (given !== undefined) return given;
  return destination === undefined ? { channel } : { channel, destination };
}

/**
 * Notes destinations that would have one series. Those that lead to one place, which had one series before
 * there were names of channels in it, leave what lies there where it is: nobody knows whose it is.
 */
export function settleSeries(
  plans: ReadonlyMap<string, ChannelPlan>,
  { channels }: GatewayDocument,
  { problems }: PlanContext,
): Map<string, ChannelPlan> {
  const all = [...plans.values()].flatMap((channel) =>
    channel.destinations
      .map((plan, index) => ({ channel, index, plan }))
      .filter(({ plan }) => plan.options.overflow === 'spool'),
  );
  const owners = new Map<string, Spooled>();
  for (const one of all.filter(({ channel }) => channel.enabled)) {
    const key = seriesKey(one.plan.options);
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, one);
    else problems.add(pathOf(one, channels), sharedText(owner));
  }
  const places = new Map<string, number>();
  for (const { plan } of all)
    places.set(placeKey(plan.options), (places.get(placeKey(plan.options)) ?? 0) + 1);
  const settled = ({ options, ...plan }: DestinationPlan): DestinationPlan => {
    const { spool } = options;
    const series = spool?.series;
    const isShared = typeof series === 'object' && places.get(placeKey(options))! > 1;
    if (!isShared) return { ...plan, options };
    const own = { ...options, spool: { ...spool, series: { ...series, takesOver: false } } };
    return { ...plan, options: own as DestinationOptions };
  };
  return new Map(
    [...plans].map(([name, channel]) => [
      name,
      { ...channel, destinations: channel.destinations.map(settled) },
    ]),
  );
}

function pathOf({ channel, index }: Spooled, channels: GatewayDocument['channels']): (string | number)[] {
  const path = ['channels', channel.name, 'destinations', index];
  const given = channels[channel.name]!.destinations[index]!;
  return typeof given === 'object' && given.spool?.series !== undefined ? [...path, 'spool', 'series'] : path;
}

function sharedText({ channel, plan }: Spooled): string {
  return `its series in the disk spool is that of ${plan.name} of the channel ${channel.name}: give it a name of its own, name or spool.series`;
}

function seriesKey(options: DestinationOptions): string {
  const series = options.spool?.series;
  if (typeof series !== 'object') return JSON.stringify(['', series]);
  const { channel, destination } = series;
  return JSON.stringify(
    destination === undefined ? [channel, '', placeKey(options)] : [channel, destination],
  );
}

/** As the engine names a series without names: without the query of a URL, and without a token. */
function placeKey({ url, target }: DestinationOptions): string {
  if (target !== undefined) return JSON.stringify(target);
  const { tcUrl, streamName } = parseRtmpUrl(url!);
  return `${tcUrl.replace(/^rtmps?:/, '')}/${streamName.split('?', 1)[0]}`;
}
