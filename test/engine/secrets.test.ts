// No secret comes out anywhere: not in a log, an error, an event, a number, or a text of any of them.

import { once } from 'node:events';
import { inspect } from 'node:util';
import {
  type Channel,
  type ChannelOptions,
  Destination,
  PushEngine,
  ReferenceTokenServer,
} from '@cloudpush/engine';
import type { ReceiverBehaviour } from '@cloudpush/transport';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

const packets = cameraPackets();

/** Secrets, each unlike anything else. */
const secrets = {
  query: 'qu3ry-s3cret%2Fx',
  password: 'p4ssw0rd-of-the-url',
  token: 't0ken-of-the-options',
  issued: 't0ken-of-the-provider',
  clientSecret: 'cl1ent-secret-value',
  deviceToken: 'dev1ce-token-value',
  mediaKey: 'med1a-key-value',
  credentials: 'cred3ntial-password',
  proxy: 'pr0xy-password',
};

/** The forms that a secret may take on its way. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const decoded = decodeURIComponent(secret);
  return [
    secret,
    decoded,
    encodeURIComponent(decoded),
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
}

/** Everything that the engine says. */
class Ear {
  readonly #heard: string[] = [];
  /** The engine's lines as it writes them, without the redaction that a log of ours would add. */
  readonly logger = pino({ level: 'trace' }, { write: (line: string) => void this.#heard.push(line) });

  /** Notes a value in every form in which it may be shown. */
  hear(value: unknown): void {
    this.#heard.push(inspect(value, { depth: 12, showHidden: true, getters: true }));
    if (value instanceof Error) this.#heard.push(`${value}`, value.stack ?? '', JSON.stringify({ ...value }));
  }

  listenTo(channel: Channel): void {
    const emit = channel.emit.bind(channel) as (event: string, ...payload: unknown[]) => boolean;
    const heard = (event: string, ...payload: unknown[]): boolean => {
      for (const part of payload) this.#payload(part);
      return emit(event, ...payload);
    };
    Object.assign(channel, { emit: heard });
  }

  expectNoSecret(): void {
    // It did hear something.
    expect(this.#heard.join('\n')).toContain('ERR_CLOUDPUSH_');
    for (const [name, secret] of Object.entries(secrets)) {
      for (const form of formsOf(secret))
        expect(
          this.#heard.filter((text) => text.includes(form)),
          name,
        ).toEqual([]);
    }
  }

  #payload(part: unknown): void {
    if (part instanceof Destination) return;
    // The destination in a payload holds its own state, which is private.
    for (const [key, value] of Object.entries(Object(part))) if (key !== 'destination') this.hear(value);
  }
}

const hostile: Record<string, ReceiverBehaviour> = {
  'a server that repeats what it was told in its refusal': {
    onPublish: ({ streamName, app }) => ({
      code: 'NetStream.Publish.Unauthorized',
      description: `no, ${app} / ${streamName}`,
    }),
  },
  'a server that refuses to connect, and repeats the address': {
    onConnect: (request) => ({
      code: 'NetConnection.Connect.Rejected',
      description: `no: ${inspect(request)}`,
    }),
  },
  'a server that redirects with a token': {
    onConnect: () => ({
      code: 'NetConnection.Connect.Rejected',
      description: 'elsewhere',
      redirect: `rtmp://127.0.0.1:1/live/a?token=${secrets.issued}`,
    }),
  },
};

test('a full run, good and bad, tells no secret to anyone', { timeout: 60_000 }, async () => {
  const ear = new Ear();
  await using receiver = await RecordingReceiver.listen();
  await using tokens = await ReferenceTokenServer.listen({
    url: `rtmp://user:${secrets.password}@127.0.0.1:1/live/$streamname?key=${secrets.query}`,
    clients: new Map([['gateway', 'another']]),
  });
  const options = { maxConnections: 64, logger: ear.logger };
  const engine = await PushEngine.create({ ...options, tokenServer: tokens.url });
  const failing = await PushEngine.create({
    ...options,
    tokenProvider: async (request) => {
      throw new Error(`cannot: ${JSON.stringify(request)}`);
    },
  });

  async function run(from: PushEngine, channelOptions: ChannelOptions): Promise<void> {
    let channel: Channel;
    try {
      channel = from.openChannel({ connectTimeout: 3000, closeTimeout: 3000, ...channelOptions });
    } catch (error) {
      ear.hear(error);
      return;
    }
    ear.listenTo(channel);
    for (const packet of packets.slice(0, 60)) await sendOne(channel, packet);
    channel.sendVideo(Buffer.from(`no start code ${secrets.mediaKey}`), { pts: 5000 });
    if (channel.state !== 'closed')
      await Promise.race([channel.connected().catch(() => {}), once(channel, 'close')]);
    channel.destinations[0]?.moveTo({ url: 'rtmp://127.0.0.1:1/live/a', token: secrets.issued });
    const report = await channel.close();
    ear.hear(report.error);
    ear.hear(report.error?.cause);
    ear.hear(report.error?.details);
    ear.hear(channel.stats());
  }

  const query = `?token=${secrets.query}&x=${secrets.token}`;
  const connection = {
    token: secrets.token,
    credentials: { user: 'me', password: secrets.credentials },
    connectArguments: [secrets.token],
  };
  const encryption = {
    video: { mode: 'allFrames', key: secrets.mediaKey },
    audio: { mode: 'allFrames', key: secrets.mediaKey },
  } as const;
  await run(engine, { url: receiver.url('good') + query, connection, encryption });
  await run(engine, {
    url: receiver.url('other').replace('://', `://user:${secrets.password}@`),
    encryption,
  });
  for (const behaviour of Object.values(hostile)) {
    await using server = await RecordingReceiver.listen(behaviour);
    await run(engine, {
      url: server.url('a') + query,
      connection,
      reconnect: { maxAttempts: 1, initialDelay: 1 },
    });
  }
  await run(engine, { url: `rtmp://user:${secrets.password}@127.0.0.1:1/live/a${query}`, connection });
  await run(engine, {
    url: `rtmp://user:${secrets.password}@no-such-host.invalid/live/a${query}`,
    connection,
  });
  await run(engine, {
    url: `rtmp://127.0.0.1/live/a${query}`,
    connection: { proxy: `http://me:${secrets.proxy}@127.0.0.1:1` },
  });
  await run(engine, { url: `http://user:${secrets.password}@127.0.0.1/live/a${query}` });
  await run(engine, { url: `rtmp://user:${secrets.password}@127.0.0.1:99999/live/a${query}` });
  // Secrets in the wrong places.
  const misplaced = [
    { encryption: { video: { mode: secrets.mediaKey, key: 'x' } } },
    { encryption: { video: secrets.mediaKey } },
    { encryption: secrets.mediaKey },
    { connection: secrets.token },
    { connection: { profile: secrets.token } },
    { connection: { tokenPlacement: secrets.token } },
    { connection: { credentials: secrets.credentials } },
    { connection: { token: { value: secrets.token } } },
    { target: secrets.deviceToken },
    { target: { kind: secrets.deviceToken } },
  ];
  for (const options of misplaced)
    await run(engine, { url: receiver.url('misplaced'), ...options } as unknown as ChannelOptions);
  const device = {
    kind: 'device',
    deviceSN: 'SN-1',
    clientId: 'gateway',
    clientSecret: secrets.clientSecret,
  } as const;
  await run(engine, { target: device });
  await run(engine, { target: { ...device, clientSecret: 'another' } });
  await run(engine, { target: { kind: 'deviceToken', deviceToken: secrets.deviceToken } });
  await run(engine, {
    target: {
      kind: 'live',
      tokenUrl: `http://u:${secrets.password}@127.0.0.1:1/x${query}`,
      deviceSN: 'SN-1',
    },
  });
  await run(failing, { target: device });
  await run(failing, { target: { kind: 'deviceToken', deviceToken: secrets.deviceToken } });
  ear.hear(engine.stats());
  await closeEmpty(engine);
  await closeEmpty(failing);
  ear.expectNoSecret();
});
