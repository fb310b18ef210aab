// Where to push, and with which token, comes from a token server; before a token runs out the stream moves to its successor.
//   node tokens.js http://host/connection/token/get SN-1 clip.h264

import { readFile } from 'node:fs/promises';
import { PushEngine } from '@cloudpush/engine';
import { AccessUnitSplitter } from '@cloudpush/muxer';

const [tokenServer, deviceSN, file] = process.argv.slice(2);
if (tokenServer === undefined || deviceSN === undefined || file === undefined) {
  throw new Error('arguments: token-server-url serial-number file.h264');
}
const splitter = new AccessUnitSplitter('h264');
const pictures = [...splitter.push(await readFile(file)), ...splitter.flush()];

const engine = await PushEngine.create({ tokenServer });
// The secret is not an argument: other users of the machine see those.
const { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret } = process.env;
const target = { kind: 'device', deviceSN, clientId, clientSecret } as const;
const channel = engine.openChannel({ target, video: 'h264', audio: 'none' });
await channel.connected();
for (const { data, presentationIndex, decodingIndex } of pictures) {
  await channel.writeVideo(data, { pts: presentationIndex * 40, dts: decodingIndex * 40 });
}
const { clean } = await channel.close();
console.log(clean ? 'sent to the end' : 'broken off');
await engine.close();
