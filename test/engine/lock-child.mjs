// Takes a folder when it is told to, says whether it got it, and gives it back when it is told to.

import { NodeFolder } from '../../packages/cloudpush/dist/cluster/node/node-folder.js';
import { SpoolLock } from '../../packages/engine/dist/spool/spool-lock.js';

const [kind, folder] = process.argv.slice(2);
let held;

process.on('message', async (order) => {
  if (order === 'take') {
    held = await (kind === 'spool' ? SpoolLock.acquire(folder) : NodeFolder.take(folder)).catch(
      () => undefined,
    );
    process.send(held === undefined ? 'refused' : 'taken');
  } else {
    await (held?.release?.() ?? held?.leave?.());
    held = undefined;
    process.send('given back');
  }
});
process.send('ready');
