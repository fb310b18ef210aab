import type { StreamedChannel } from '../../../http/state-feed.js';
import { shortDuration } from '../../../view/duration.js';
import { type Fact, factsOf } from '../../model/facts.js';
import { bytes, countdown, exactMoment, grouped, plural } from '../../model/text.js';
import { sourceTone } from '../../model/tones.js';
import { Lamp } from '../lamp.js';

/** The source: where it is, its codecs, and what was counted of it. */
export function SourceFacts({ channel, now }: { readonly channel: StreamedChannel; readonly now: number }) {
  const { source, node, labels, mode, event, events, pauses, pausedMs } = channel;
  const {
    counters,
    kind,
    place,
    jitter,
    lastFrameAt,
    nextRetryAt,
    lastError,
    tracks,
    warnings = [],
  } = source;
  const isRtp = counters.rtpPackets > 0;
  const rows: Fact[] = [
    [kind, place],
    ...(node === undefined ? [] : [['node', node] as const]),
    ...factsOf(labels, 'label'),
    ...Object.entries(tracks ?? {}).flatMap(([track, facts]) => trackFact(track, facts)),
    ['received', bytes(counters.bytesReceived)],
    ['pictures', grouped(counters.videoFrames)],
    ['audio frames', grouped(counters.audioFrames)],
    ...(isRtp ? [rtpFact(counters), ['damaged pictures', grouped(counters.damagedPictures)] as const] : []),
    ...(jitter === undefined ? [] : [['jitter', `${jitter.toFixed(1)} ms`] as const]),
    ...(counters.framesRefused === 0
      ? []
      : [['no room for', `${grouped(counters.framesRefused)} frames`] as const]),
    ['reconnects', grouped(counters.reconnects)],
    ['last frame', lastFrameAt === undefined ? 'none yet' : lastFrameText(now - lastFrameAt)],
    ...(pauses === 0
      ? []
      : [['paused', `${plural(pauses, 'time')}, ${shortDuration(pausedMs)} in all`] as const]),
    ...(mode === 'event' ? [['events recorded', grouped(events)] as const] : []),
    ...(event === undefined
      ? []
      : [['recording', `${event.trigger} since ${exactMoment(event.since, now)}`] as const]),
    ...warnings.map((warning) => ['warning', warning] as const),
    ...(nextRetryAt === undefined ? [] : [['next try', countdown(nextRetryAt, now)] as const]),
    ...(lastError === undefined
      ? []
      : [
          [
            'last error',
            `${exactMoment(lastError.at, now)} ${lastError.message} (${lastError.code})`,
          ] as const,
        ]),
  ];
  return (
    <section class="panel">
      <h3>
        Source <Lamp tone={sourceTone(source.state)} word={source.state} />
      </h3>
      <FactList rows={rows} />
    </section>
  );
}

/** The gateway looks about once a second. */
function lastFrameText(age: number): string {
  return age < 2000 ? 'just now' : `${shortDuration(age)} ago`;
}

/** `video`: `h264, width 1920, height 1080`. */
function trackFact(track: string, facts: unknown): Fact[] {
  const values = factsOf(facts).map(([name, value]) => (name === 'codec' ? value : `${name} ${value}`));
  return values.length === 0 ? [] : [[track, values.join(', ')]];
}

function rtpFact({
  rtpPackets,
  rtpLost,
  rtpReordered,
  rtpDuplicates,
}: StreamedChannel['source']['counters']): Fact {
  const value = `${grouped(rtpPackets)}, ${grouped(rtpLost)} lost, ${grouped(rtpReordered)} reordered, ${grouped(rtpDuplicates)} doubled`;
  return ['RTP packets', value];
}

function FactList({ rows }: { readonly rows: readonly Fact[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
