// Runs node-media-server with the settings given as JSON. The parent asks for the end of a recording with a message
// `{ finish: streamPath }`; the answer `{ finished: streamPath, file }` comes when the publisher has gone and the file
// is closed; with `now: true`, whether the publisher has gone or not. (By itself, the server holds a recording open for half a minute, in case the publisher comes back.)

import { setTimeout as sleep } from 'node:timers/promises';
import NodeMediaServer from 'node-media-server';

const POLL_INTERVAL_MS = 20;

const server = new NodeMediaServer(JSON.parse(process.argv[2]));

async function finish(streamPath, now) {
  let record = server.recordServer.getActiveRecord(streamPath);
  while (record === undefined || (!now && record.broadcast.getPublishStatus() === 'publishing')) {
    await sleep(POLL_INTERVAL_MS);
    record = server.recordServer.getActiveRecord(streamPath);
  }
  record.fileStream.once('close', () => process.send({ finished: streamPath, file: record.filePath }));
  server.recordServer.stopRecord(streamPath);
}

process.on('message', ({ finish: streamPath, now }) => finish(streamPath, now === true));
process.once('disconnect', () => process.exit());
server.run();
