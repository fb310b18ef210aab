// What Prometheus' own linter says of the gateway's metrics.

import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import {
  sampleChannel,
  sampleDestination,
} from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { serveGateway } from '../gateway/support/served-gateway.js';
import { requirePeers } from '../support/peers.js';

const served = serveGateway();

test('promtool finds nothing wrong with the metrics, and something with a bad name', async (context) => {
  requirePeers(context, 'promtool');
  const destinations = [sampleDestination(), sampleDestination({ name: 'backup', state: 'retrying' })];
  const labels = { site: 'the "north"\\side' };
  await served.begin([
    sampleChannel('gate', { destinations, labels }),
    sampleChannel('door', { mode: 'event' }),
  ]);
  const { text } = await served.ask('GET', '/metrics');
  expect(text).toContain('cloudpush_destination_up{channel="gate",destination="backup"} 0');
  expect(lint(text)).toEqual({ status: 0, findings: '' });
  const spoiled = text.replaceAll('cloudpush_source_rtp_lost_total', 'cloudpush_source_rtp_lost');
  expect(lint(spoiled).status).not.toBe(0);
});

function lint(text: string): { status: number | null; findings: string } {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  return { status, findings: stdout + stderr };
}
