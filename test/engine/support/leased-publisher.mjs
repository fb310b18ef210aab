// Publishes files under a lease that it renews by itself, and tells how each channel ends, one JSON line each.
// leased-publisher.mjs MS FILE URL...

import { Fence, PushEngine } from '@cloudpush/engine';

const [ms, file, ...urls] = process.argv.slice(2);
const ttl = Number(ms);
const fence = new Fence();
let until = fence.now() + ttl;

function renew() {
  const now = fence.now();
  // A lease that is over cannot be renewed.
  if (now >= until) return;
  until = now + ttl;
  fence.extend({ fencedFrom: until, connectsUntil: until });
}

renew();
setInterval(renew, ttl / 10);
const engine = await PushEngine.create({ fence, shards: 2 });
const ends = urls.map(async (url) => {
  const channel = engine.openChannel({ url, source: { file, loop: true }, connectTimeout: ttl / 2 });
  await channel.connected();
  console.log(JSON.stringify({ event: 'connected', url }));
  const { error } = await new Promise((resolve) => channel.once('close', resolve));
  console.log(JSON.stringify({ event: 'closed', url, code: error?.code }));
});
await Promise.all(ends);
const { poolBlocksInUse } = engine.stats();
console.log(JSON.stringify({ event: 'over', poolBlocksInUse }));
await engine.close();
process.exit(0);
