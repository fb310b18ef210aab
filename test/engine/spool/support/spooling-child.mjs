// Pushes numbered pictures with a disk spool until it is killed: `spooling-child.mjs URL FOLDER WHEN PACKETS`, where PACKETS is
// a file with a JSON list of pictures, in base64. Says how far it has come, and what its spool does, a line each.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PushEngine } from '@cloudpush/engine';

const [url, folder, when, file] = process.argv.slice(2);
const engine = await PushEngine.create({ spool: { folder, minFree: 0 } });
const channel = engine.openChannel({
  url,
  audio: 'none',
  overflow: 'spool',
  spool: { when, speed: 100 },
  reconnect: { initialDelay: 20, maxDelay: 50 },
});
channel.on('gap', ({ outcome }) => console.log(`gap ${outcome}`));
channel.on('problem', ({ error }) => console.log(`problem ${error.code} ${error.message}`));
channel.on('connect', () => console.log('connected'));
const pictures = JSON.parse(readFileSync(file, 'utf8'));
for (const [number, { data, pts }] of pictures.entries()) {
  channel.sendVideo(Buffer.from(data, 'base64'), { pts });
  console.log(`sent ${number}`);
  await sleep(5);
}
