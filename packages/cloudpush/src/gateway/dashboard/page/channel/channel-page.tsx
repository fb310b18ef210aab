import { useEffect, useState } from 'preact/hooks';
import type { ChannelResource } from '../../../gateway.js';
import { exactMoment } from '../../model/text.js';
import { channelTone } from '../../model/tones.js';
import { readChannel } from '../api.js';
import { Lamp } from '../lamp.js';
import { go, state } from '../store.js';
import { ChannelButtons } from './channel-buttons.js';
import { Charts } from './charts.js';
import { DestinationTable } from './destination-table.js';
import { EventLog, useEvents } from './event-log.js';
import { Picture } from './picture.js';
import { SourceFacts } from './source-facts.js';
import { Timeline } from './timeline.js';
import { YamlText } from './yaml-text.js';

/** All that is known of one channel, and what can be done with it. */
export function ChannelPage({ name }: { readonly name: string }) {
  const gateway = state.value;
  const channel = gateway?.channels[name];
  const resource = useResource(name, channel?.revision);
  const log = useEvents(name);
  if (gateway === undefined || channel === undefined) return null;
  const { lastError } = channel;
  const isTroubled =
    channel.state === 'offline' || channel.state === 'degraded' || channel.state === 'starting';
  return (
    <article class="channel-page">
      <div class="title">
        <button type="button" class="back" onClick={() => go({ channel: undefined })}>
          ← All channels
        </button>
        <h2>{name}</h2>
        <Lamp
          tone={channelTone(channel.state)}
          word={`${channel.state} since ${exactMoment(channel.since, gateway.at)}`}
        />
        <ChannelButtons channel={channel} />
      </div>
      {isTroubled && lastError !== undefined && (
        <p class="notice bad">
          {exactMoment(lastError.at, gateway.at)} {lastError.message} <code>{lastError.code}</code>
        </p>
      )}
      <div class="panels">
        <Picture channel={channel} />
        <SourceFacts channel={channel} now={gateway.at} />
        <DestinationTable channel={channel} now={gateway.at} />
        <Charts name={name} />
        <Timeline channel={channel} events={log} now={gateway.at} />
        <EventLog events={log} now={gateway.at} />
        <YamlText configuration={resource?.configuration} />
      </div>
    </article>
  );
}

/** The channel with its configuration, read again when that has changed. */
function useResource(name: string, revision: string | undefined): ChannelResource | undefined {
  const [resource, setResource] = useState<ChannelResource>();
  useEffect(() => {
    let isWanted = true;
    readChannel(name).then(
      (answer) => isWanted && setResource(answer),
      // The gateway is away, or the channel is: the page says so already.
      () => {},
    );
    return () => {
      isWanted = false;
    };
  }, [name, revision]);
  return resource;
}
