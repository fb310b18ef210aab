// Prometheus' own linter on the gateway's metrics, and on what its documentation gives to Prometheus.

import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import {
  sampleChannel,
  sampleDestination,
} from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { guideBlocks } from '../gateway/support/guide-text.js';
import { serveGateway } from '../gateway/support/served-gateway.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

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

test('promtool takes the alerts and the scrape configuration of the documentation', async (context) => {
  requirePeers(context, 'promtool');
  await using folder = await TempFolder.create();
  const token = await folder.write('token', Buffer.from('0123456789abcdef'));
  const [scrape, alerts] = await guideBlocks('metrics.md', 'yaml');
  const check = async (what: 'config' | 'rules', text: string) => {
    const path = await folder.write(`${what}.yml`, Buffer.from(text));
    return spawnSync('promtool', ['check', what, path], { encoding: 'utf8' });
  };
  expect(scrape).toContain('credentials_file: /etc/prometheus/cloudpush-token');
  const config = await check('config', scrape!.replace('/etc/prometheus/cloudpush-token', token));
  expect([config.status, config.stderr]).toEqual([0, '']);
  const rules = await check('rules', alerts!);
  expect([rules.status, rules.stderr]).toEqual([0, '']);
  expect(rules.stdout).toMatch(/SUCCESS: \d+ rules found/);
  expect((await check('rules', alerts!.replace(' == 0 and ', ' == 0 and and '))).status).not.toBe(0);
});

function lint(text: string): { status: number | null; findings: string } {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  return { status, findings: stdout + stderr };
}
