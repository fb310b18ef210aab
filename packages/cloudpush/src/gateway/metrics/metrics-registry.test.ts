import { expect, test } from 'vitest';
import { sampleChannel, sampleDestination, sampleState } from '../http/testing/sample-state.js';
import type { ChannelState, GatewayState } from '../state.js';
import { MetricsRegistry } from './metrics-registry.js';

async function lines(state: GatewayState): Promise<string[]> {
  return (await new MetricsRegistry(async () => state).scrape()).split('\n');
}

async function samplesOf(name: string, channels: readonly ChannelState[]): Promise<string[]> {
  const all = await lines(sampleState(channels));
  return all
    .filter((line) => new RegExp(`^${name}(\\{| )`).test(line))
    .map((line) => line.slice(name.length));
}

test('counters and gauges of a source are those of its state, in base units', async () => {
  const all = await lines(sampleState([sampleChannel('gate')]));
  for (const line of [
    'cloudpush_source_up{channel="gate"} 1',
    'cloudpush_source_received_bytes_total{channel="gate"} 1000000',
    'cloudpush_source_frames_total{channel="gate",kind="video"} 250',
    'cloudpush_source_frames_total{channel="gate",kind="audio"} 430',
    'cloudpush_source_rtp_lost_total{channel="gate"} 3',
    'cloudpush_source_jitter_seconds{channel="gate"} 0.0015',
    'cloudpush_source_last_frame_timestamp_seconds{channel="gate"} 1767323055',
  ]) {
    expect(all).toContain(line);
  }
});

test('those of a destination carry its name, and its state is in no label', async () => {
  const retrying = sampleDestination({ name: 'backup', state: 'retrying', attempt: 3, timings: undefined });
  const all = await lines(
    sampleState([sampleChannel('gate', { destinations: [sampleDestination(), retrying] })]),
  );
  for (const line of [
    'cloudpush_destination_up{channel="gate",destination="cloud"} 1',
    'cloudpush_destination_up{channel="gate",destination="backup"} 0',
    'cloudpush_destination_failed_attempts{channel="gate",destination="backup"} 3',
    'cloudpush_destination_sent_bytes_total{channel="gate",destination="cloud"} 900000',
    'cloudpush_destination_dropped_frames_total{channel="gate",destination="cloud",cause="undecodable"} 8',
    'cloudpush_destination_connect_errors_total{channel="gate",destination="cloud",class="auth"} 1',
    'cloudpush_destination_queue_seconds{channel="gate",destination="cloud"} 0.04',
    'cloudpush_destination_connect_duration_seconds{channel="gate",destination="cloud",stage="tcp"} 0.002',
  ]) {
    expect(all).toContain(line);
  }
  expect(all.filter((line) => line.includes('backup') && line.includes('stage='))).toEqual([]);
  expect(all.join('\n')).not.toMatch(/retrying|publishing|rtmp/);
});

test('channels are counted by state, all states always', async () => {
  expect(
    await samplesOf('cloudpush_channels', [
      sampleChannel('a'),
      sampleChannel('b'),
      sampleChannel('c', { state: 'offline' }),
    ]),
  ).toEqual([
    '{state="starting"} 0',
    '{state="online"} 2',
    '{state="degraded"} 0',
    '{state="offline"} 1',
    '{state="disabled"} 0',
  ]);
});

test('a channel that is removed leaves no series behind, and labels follow the configuration', async () => {
  let state = sampleState([sampleChannel('gate', { labels: { site: 'north' } }), sampleChannel('door')]);
  const registry = new MetricsRegistry(async () => state);
  const before = await registry.scrape();
  expect(before).toContain(
    'cloudpush_channel_info{channel="gate",mode="continuous",source_kind="rtsp",label_site="north"} 1',
  );
  expect(before).toContain('cloudpush_channel_up{channel="door"} 1');
  state = sampleState([sampleChannel('gate', { labels: { floor: '2' } })]);
  const after = await registry.scrape();
  expect(after).not.toContain('door');
  expect(after).not.toContain('label_site');
  expect(after).toContain('label_floor="2"');
});

test('a label may have the name of something that every object has', async () => {
  const channels = [
    sampleChannel('gate', { labels: { constructor: 'north', toString: 'x' } as never }),
    sampleChannel('door', { labels: {} }),
  ];
  expect(await samplesOf('cloudpush_channel_info', channels)).toEqual([
    expect.stringContaining('label_constructor="north",label_toString="x"'),
    expect.stringContaining('label_constructor="",label_toString=""'),
  ]);
});

test('label values are escaped', async () => {
  const labels = { note: 'a "b"\\c\nd' };
  expect(await samplesOf('cloudpush_channel_info', [sampleChannel('gate', { labels })])).toEqual([
    '{channel="gate",mode="continuous",source_kind="rtsp",label_note="a \\"b\\"\\\\c\\nd"} 1',
  ]);
});

test('the latency is a summary with its quantiles in seconds', async () => {
  const all = await lines(sampleState([]));
  const start = all.indexOf('# TYPE cloudpush_send_latency_seconds summary');
  expect(all.slice(start + 1, start + 6)).toEqual([
    'cloudpush_send_latency_seconds{quantile="0.5"} 0.001',
    'cloudpush_send_latency_seconds{quantile="0.99"} 0.005',
    'cloudpush_send_latency_seconds{quantile="0.999"} 0.009',
    'cloudpush_send_latency_seconds{quantile="1"} 0.02',
    'cloudpush_send_latency_seconds_count 1000',
  ]);
});

test('those who ask at the same time get one text, and a failure is not kept', async () => {
  let taken = 0;
  let fails = false;
  const registry = new MetricsRegistry(async () => {
    taken++;
    if (fails) throw new Error('away');
    return sampleState([]);
  });
  const [a, b] = await Promise.all([registry.scrape(), registry.scrape()]);
  expect(a).toBe(b);
  expect(taken).toBe(1);
  fails = true;
  await expect(registry.scrape()).rejects.toThrow('away');
  fails = false;
  expect(await registry.scrape()).toContain('cloudpush_build_info{version="1.2.3"');
});
