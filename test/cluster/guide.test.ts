// The page on clusters as a new user reads it: its five commands run as they are written, in an empty folder,
// with the program on the path; the port of RTMP is one of this test.

import { mkdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from '../../packages/cloudpush/dist/gateway/cluster/testing/yaml-documents.js';
import { parseConfiguration } from '../../packages/cloudpush/dist/gateway/config/parse.js';
import type { ChannelState, ClusterState } from '../../packages/cloudpush/dist/gateway/state.js';
import { guideBlocks } from '../gateway/support/guide-text.js';
import { COMMAND, cloudpush } from '../support/cloudpush.js';
import { requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { ChildProgram } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';

const TIMEOUT = 300_000;

test('the five commands bring up a cluster on one machine', { timeout: TIMEOUT }, async (context) => {
  requirePeers(context, 'etcd', 'ffmpeg');
  const [block = ''] = await guideBlocks('cluster.md', 'sh');
  expect(block.trim().split('\n')).toHaveLength(5);
  await using folder = await TempFolder.create();
  await mkdir(folder.file('bin'));
  await symlink(COMMAND, folder.file('bin/cloudpush'));
  // A reader waits for what the next command needs; the test looks until it is so.
  const script = block
    .replaceAll('127.0.0.1:1935', `127.0.0.1:${await freePort()}`)
    .replaceAll('sleep 15', 'sleep 1');
  const path = [folder.file('bin'), dirname(process.execPath), process.env['PATH']].join(':');
  await using shell = new ChildProgram('sh', ['-c', `${script}\nwait`], {
    cwd: folder.path,
    env: { ...process.env, PATH: path, HOME: folder.path },
    // All that it leaves in the background ends with its group.
    detached: true,
  });
  try {
    const answer = async <T>(...args: readonly string[]): Promise<T | undefined> => {
      const { code, stdout } = await cloudpush([
        'cluster',
        ...args,
        '--json',
        '--url',
        'http://127.0.0.1:9992',
      ]);
      return code === 0 ? (JSON.parse(stdout) as T) : undefined;
    };
    await waitFor('three nodes with all slots', TIMEOUT / 2, async () => {
      const status = await answer<ClusterState>('status');
      return (status?.nodes.length === 3 && status.slots.unclaimed === 0) || undefined;
    });
    await waitFor('six channels online', TIMEOUT / 2, async () => {
      const channels = await answer<ChannelState[]>('channels');
      return (channels?.length === 6 && channels.every(({ state }) => state === 'online')) || undefined;
    });
  } catch (cause) {
    throw new Error(shell.describe(), { cause });
  } finally {
    process.kill(-shell.child.pid!, 'SIGKILL');
  }
});

test('the configurations of the page are valid, that of Kubernetes too', async () => {
  await using folder = await TempFolder.create();
  const token = await folder.write('token', Buffer.from('0123456789abcdef'));
  const environment = { NODE: 'cloudpush-0', ETCD_PASSWORD: 'secret' };
  const [own = '', manifests = ''] = await guideBlocks('cluster.md', 'yaml');
  const inside = parseAllDocuments(manifests).flatMap(({ kind, data }) =>
    kind === 'ConfigMap' ? Object.values(data ?? {}) : [],
  );
  expect(inside).toHaveLength(1);
  for (const text of [own, ...inside]) {
    const here = text
      .replaceAll(/\/(etc\/cloudpush|run\/secrets\/cloudpush)\/token/g, token)
      .replace(/^ *tls: .*$/m, '');
    expect(parseConfiguration(here, folder.file('gateway.yaml'), environment).faults).toEqual([]);
  }
});
