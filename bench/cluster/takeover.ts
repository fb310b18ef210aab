// A takeover: three gateways publish to nginx-rtmp, one of them is killed and stays away; when its channels
// are published again.
// node bench/dist/cluster/takeover.js [CHANNELS of each gateway]

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from '../support/markdown.js';
import { loadRtmpModule } from '../support/nginx.js';
import { freePort } from '../support/peers.js';
import { ClusterProcesses, until } from './processes.js';

const GATEWAYS = 3;
const CHANNELS = GATEWAYS * Number(process.argv[2] ?? 60);
/** Without another publication all slots are where they are to be, in ms. */
const SETTLED = 5000;
const CLIP = fileURLToPath(new URL('../../../packages/cloudpush/assets/clip.h264', import.meta.url));

/** When each name was published last, in ms. */
const published = new Map<string, number>();
let publications = 0;
let refusals = 0;
/** Told by nginx when it cannot begin. */
let failure = '';
// nginx-rtmp asks before it lets anybody publish.
const hook = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    const form = new URLSearchParams(body);
    if (form.get('call') === 'publish') {
      publications++;
      published.set(form.get('name')!, performance.now());
    }
    response.end();
  });
});
hook.listen(0, '127.0.0.1');
await once(hook, 'listening');
const port = await freePort();
const { port: hookPort } = hook.address() as AddressInfo;
const names = Array.from({ length: CHANNELS }, (_, index) => `camera-${index}`);
const folder = await mkdtemp(join(tmpdir(), 'cloudpush-bench-'));
const path = `${folder}/nginx.conf`;
await writeFile(
  path,
  `${loadRtmpModule()} daemon off; master_process off; pid ${folder}/nginx.pid;
error_log stderr error; events { worker_connections 2048; }
rtmp { access_log off; server { listen 127.0.0.1:${port}; application live { live on; on_publish http://127.0.0.1:${hookPort}/; } } }
`,
);
const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', path], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
  refusals += text.split('already publishing').length - 1;
  if (text.includes('[emerg]')) failure = text;
});
const cluster = await ClusterProcesses.start(
  GATEWAYS,
  Object.fromEntries(
    names.map((name) => [
      name,
      { source: { file: CLIP, loop: true }, destinations: [`rtmp://127.0.0.1:${port}/live/${name}`] },
    ]),
  ),
);
try {
  await until(() => {
    if (failure !== '') throw new Error(failure);
    return published.size === CHANNELS;
  });
  // Nodes that have just come take their share from the others first.
  for (let before = 0; before !== publications; ) {
    before = publications;
    await new Promise((resolve) => setTimeout(resolve, SETTLED));
  }
  const before = new Map(published);
  const killed = performance.now();
  cluster.gateways.at(-1)!.kill('SIGKILL');
  await until(async () => await cluster.isShared(GATEWAYS - 1));
  const owned = performance.now() - killed;
  let moved: number[] = [];
  let settled = 0;
  await until(() => {
    const next = names.flatMap((name) =>
      published.get(name)! > killed ? [published.get(name)! - killed] : [],
    );
    settled = next.length === moved.length ? settled + 1 : 0;
    moved = next;
    return settled > 50;
  });
  moved.sort((a, b) => a - b);
  const at = (part: number): string =>
    `${(moved[Math.floor((moved.length - 1) * part)]! / 1000).toFixed(2)} s`;
  const head = [
    'channels',
    'taken over',
    'all slots owned',
    'published again, p50',
    'p95',
    'max',
    'refused as busy',
  ];
  const row = [CHANNELS, moved.length, `${(owned / 1000).toFixed(2)} s`, at(0.5), at(0.95), at(1), refusals];
  console.log(markdownTable(head, [row.map(String)]));
  console.log(`\n${before.size} names before, ${publications} publications in all`);
} finally {
  nginx.kill('SIGKILL');
  hook.close();
  await cluster.stop();
  await rm(folder, { recursive: true });
}
