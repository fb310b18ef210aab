import { describe, expect, test, vi } from 'vitest';
import { settle } from './testing/fake-clock.js';
import { FakeGateway } from './testing/fake-gateway.js';

const TEXT = `# the gateway of the north site
version: 1
channels:
  gate:
    source: rtsp://viewer:hush@camera-1/1 # the upper camera
    destinations: [ { name: cloud, url: rtmp://cloud/live/gate }, { name: backup, url: rtmp://backup/live/gate } ]
  door:
    source: rtsp://camera-2/1
    destinations: [ { name: cloud, url: rtmp://cloud/live/door } ]
`;

async function running(): Promise<FakeGateway> {
  const gateway = await FakeGateway.start(TEXT);
  gateway.bringUp('gate');
  gateway.bringUp('door');
  return gateway;
}

describe('a reload', () => {
  test('of labels restarts nothing', async () => {
    using gateway = await running();
    const text = TEXT.replace('  gate:\n', '  gate:\n    labels: { site: north }\n');
    expect(await gateway.reload(text)).toMatchObject({ successful: true, changed: ['gate'] });
    expect(gateway.state('gate')).toMatchObject({ labels: { site: 'north' }, state: 'online' });
    expect(gateway.engine.opened).toHaveLength(2);
    expect(gateway.engine.channel('gate').sources).toHaveLength(1);
    expect(gateway.engine.channel('gate').all).toHaveLength(2);
  });

  test('of a source replaces the source alone', async () => {
    using gateway = await running();
    await gateway.reload(TEXT.replace('camera-2', 'camera-3'));
    const door = gateway.engine.channel('door');
    expect(door.sources.at(-1)).toMatchObject({ rtsp: 'rtsp://camera-3/1' });
    expect(door.all.map(({ state }) => state)).toEqual(['publishing']);
    expect(gateway.engine.channel('gate').sources).toHaveLength(1);
    expect(gateway.engine.opened).toHaveLength(2);
  });

  test('of a URL moves that destination without a gap, and no other', async () => {
    using gateway = await running();
    await gateway.reload(TEXT.replace('rtmp://backup/live/gate', 'rtmp://other/live/gate'));
    const { all } = gateway.engine.channel('gate');
    expect(all.map(({ moves }) => moves.length)).toEqual([0, 1]);
    expect(all[1]!.moves[0]).toMatchObject({ url: 'rtmp://other/live/gate' });
    expect(gateway.state('gate').destinations[1]!.place).toBe('rtmp://other/live/gate');
  });

  test('of how a destination is reached makes the new connection before the old one goes', async () => {
    using gateway = await running();
    await gateway.reload(
      TEXT.replace(
        '{ name: backup, url: rtmp://backup/live/gate }',
        '{ name: backup, url: rtmp://other/live/gate, stallTimeout: 5s }',
      ),
    );
    const { all } = gateway.engine.channel('gate');
    expect(all.map(({ state }) => state)).toEqual(['publishing', 'publishing', 'connecting']);
    all[2]!.connect();
    expect(all.map(({ state }) => state)).toEqual(['publishing', 'closed', 'publishing']);
  });

  test('of a connection that publishes the same name ends the old one first, and keeps the channel', async () => {
    using gateway = await running();
    await gateway.reload(
      TEXT.replace('url: rtmp://cloud/live/door', 'url: rtmp://cloud/live/door, stallTimeout: 5s'),
    );
    const door = gateway.engine.channel('door');
    expect(door.all.map(({ state }) => state)).toEqual(['closed', 'connecting']);
    expect(door.isClosed).toBe(false);
  });

  test('adds and removes destinations and channels, and leaves the others alone', async () => {
    using gateway = await running();
    const report = await gateway.reload(
      [
        'version: 1',
        'channels:',
        '  gate:',
        '    source: rtsp://viewer:hush@camera-1/1',
        '    destinations: [ { name: third, url: rtmp://third/live/gate }, { name: cloud, url: rtmp://cloud/live/gate } ]',
        '  yard: { source: rtsp://camera-9/1, destinations: [ rtmp://cloud/live/yard ] }',
      ].join('\n'),
    );
    expect(report).toMatchObject({ added: ['yard'], changed: ['gate'], removed: ['door'] });
    const states = gateway.engine.channel('gate').all.map(({ options, state }) => [options.url, state]);
    expect(states).toEqual([
      ['rtmp://cloud/live/gate', 'publishing'],
      ['rtmp://backup/live/gate', 'closed'],
      ['rtmp://third/live/gate', 'connecting'],
    ]);
    expect(gateway.engine.channel('door').isClosed).toBe(true);
    expect(gateway.service.snapshot().channels.map(({ name }) => name)).toEqual(['gate', 'yard']);
  });

  test('of what the stream is made with restarts that channel alone', async () => {
    using gateway = await running();
    await gateway.reload(TEXT.replace('  door:\n', '  door:\n    hevc: legacy\n'));
    expect(gateway.engine.opened.map(({ options }) => options.label)).toEqual(['gate', 'door', 'door']);
    expect(gateway.engine.channel('door').options.hevc).toBe('legacy');
  });

  test('of a file that is mended to what it was before is told, once; new faults are told, the same are not', async () => {
    using gateway = await running();
    const words = () => gateway.service.events().flatMap(({ type }) => type.match(/^configuration.*/) ?? []);
    const before = words().length;
    const broken = TEXT.replace('version: 1', 'version: 1\nlogs: 1');
    for (const text of [broken, broken, broken.replace('logs', 'nets'), TEXT, TEXT])
      await gateway.reload(text);
    expect(words().slice(before)).toEqual([
      'configurationRejected',
      'configurationRejected',
      'configurationLoaded',
    ]);
  });

  test('of a file at fault changes nothing, and says so until a good one comes', async () => {
    using gateway = await running();
    const report = await gateway.reload(TEXT.replace('rtsp://camera-2/1', 'http://camera-2/1'));
    expect(report).toMatchObject({ successful: false, faults: [{ line: 8, path: 'channels.door.source' }] });
    const { configuration } = gateway.service.snapshot();
    expect(configuration).toMatchObject({ lastReload: { successful: false }, faults: [{ line: 8 }] });
    expect(gateway.state('door').state).toBe('online');
    expect(gateway.engine.opened).toHaveLength(2);
    expect(await gateway.reload(TEXT)).toMatchObject({ successful: true });
    expect(gateway.service.snapshot().configuration.faults).toEqual([]);
  });

  test('names the keys that need a restart of the program', async () => {
    using gateway = await running();
    const { restartNeeded } = await gateway.reload(`engine: { poolSize: 512MiB }\n${TEXT}`);
    expect(restartNeeded).toEqual(['engine.poolSize']);
  });
});

describe('a change through the interface', () => {
  const YARD = { source: 'rtsp://camera-3/1', destinations: ['rtmp://cloud/live/yard'] };

  test('survives a restart, and leaves every comment where it is', async () => {
    using gateway = await running();
    await gateway.service.addChannels({ yard: YARD });
    await gateway.service.stopChannel('door');
    await gateway.service.removeChannel('gate');
    expect(gateway.text).toContain('# the gateway of the north site');
    using again = await FakeGateway.start(gateway.text);
    expect(again.service.snapshot().channels.map(({ name, state }) => [name, state])).toEqual([
      ['door', 'disabled'],
      ['yard', 'starting'],
    ]);
  });

  test('of one channel does not cut the others', async () => {
    using gateway = await running();
    await gateway.service.patchChannel('door', { source: 'rtsp://camera-7/1' });
    expect(gateway.engine.opened).toHaveLength(2);
    expect(gateway.engine.channel('gate').sources).toHaveLength(1);
    expect(gateway.state('gate').state).toBe('online');
    expect(gateway.text).toContain('# the upper camera');
  });

  test('is refused when somebody else has changed the channel meanwhile', async () => {
    using gateway = await running();
    const { revision } = gateway.service.channel('door')!;
    await gateway.service.patchChannel('door', { labels: { a: 'b' } }, { revision });
    await expect(
      gateway.service.patchChannel('door', { labels: { a: 'c' } }, { revision }),
    ).rejects.toMatchObject({ reason: 'revisionMismatch' });
  });

  test('keeps what an editor has written to the file meanwhile', async () => {
    using gateway = await running();
    gateway.write(TEXT.replace('camera-2', 'camera-8'));
    await gateway.service.patchChannel('gate', { labels: { site: 'south' } });
    expect(gateway.text).toContain('camera-8');
    expect(gateway.engine.channel('door').sources.at(-1)).toMatchObject({ rtsp: 'rtsp://camera-8/1' });
  });

  test('does not show secrets, and does not lose them when it is given back what it showed', async () => {
    using gateway = await running();
    const { configuration } = gateway.service.channel('gate')!;
    expect(configuration['source']).toBe('rtsp://viewer:***@camera-1/1');
    expect((await gateway.service.configuration()).text).not.toContain('hush');
    expect((await gateway.service.configuration()).text).toContain('# the upper camera');
    await gateway.service.replaceChannel('gate', { ...configuration, labels: { a: 'b' } });
    expect(gateway.text).toContain('rtsp://viewer:hush@camera-1/1');
    expect(gateway.engine.channel('gate').sources).toHaveLength(1);
  });

  test.each([
    ['a fault', { ...YARD, source: 'nonsense' }, 'channels.yard.source'],
    ['a program', { ...YARD, source: { command: ['sh'] } }, 'channels.yard.source.command'],
    ['a reference', { ...YARD, source: `rtsp://x/\${HOME}` }, 'channels.yard.source'],
    ['no map', 'nonsense', 'channels.yard'],
  ])('with %s is refused, and nothing is written', async (_, document, path) => {
    using gateway = await running();
    await expect(gateway.service.addChannels({ yard: document })).rejects.toMatchObject({
      reason: 'invalid',
      faults: [expect.objectContaining({ path })],
    });
    expect(gateway.text).toBe(TEXT);
  });

  test('with a name like ../x is refused', async () => {
    using gateway = await running();
    await expect(gateway.service.addChannels({ '../x': YARD })).rejects.toMatchObject({ reason: 'invalid' });
    await expect(gateway.service.replaceChannel('__proto__', YARD)).rejects.toMatchObject({
      reason: 'invalid',
    });
  });

  test.each([
    [
      'of a name that is taken',
      'exists',
      (gateway: FakeGateway) => gateway.service.addChannels({ door: YARD }),
    ],
    [
      'of a channel that is not there',
      'notFound',
      (gateway: FakeGateway) => gateway.service.patchChannel('x', {}),
    ],
    [
      'of a destination that is not there',
      'notFound',
      (gateway: FakeGateway) => gateway.service.retryDestination('door', 'x'),
    ],
    [
      'with a trigger outside event mode',
      'conflict',
      (gateway: FakeGateway) => gateway.service.triggerChannel('door'),
    ],
  ])('%s is refused as %s', async (_, reason, change) => {
    using gateway = await running();
    await expect(change(gateway)).rejects.toMatchObject({ reason });
  });

  test('is refused when it could not be kept, and changes nothing', async () => {
    using gateway = await running();
    vi.spyOn(gateway.file, 'write').mockRejectedValue(Object.assign(new Error('no'), { code: 'EROFS' }));
    await expect(gateway.service.addChannels({ yard: YARD })).rejects.toMatchObject({
      reason: 'notWritable',
    });
    expect(gateway.engine.opened).toHaveLength(2);
  });

  test('starts a channel that was stopped', async () => {
    using gateway = await running();
    await gateway.service.stopChannel('door');
    expect(gateway.engine.channel('door').isClosed).toBe(true);
    await gateway.service.startChannel('door');
    await settle();
    gateway.bringUp('door');
    expect(gateway.state('door').state).toBe('online');
    expect(gateway.text).toBe(TEXT);
  });
});

test('listeners hear of everything, in order, and a late one can ask', async () => {
  using gateway = new FakeGateway(TEXT);
  const heard: string[] = [];
  const stop = gateway.service.subscribe(({ type, channel }) => heard.push(`${channel} ${type}`));
  await gateway.service.start();
  gateway.bringUp('door');
  stop();
  gateway.engine.channel('door').lose();
  expect(heard).toEqual([
    'gate channelState',
    'door channelState',
    'door sourceConnected',
    'door channelState',
    'door destinationConnected',
  ]);
  const events = gateway.service.events({ channel: 'door' });
  expect(events.map(({ type }) => type)).toContain('sourceLost');
  expect(gateway.service.events({ after: events[0]!.id, limit: 1 })).toHaveLength(1);
});

describe('whoever may change channels', () => {
  const DESTINATIONS = ['rtmp://cloud/live/yard'];
  const COMMAND = { command: ['sh', '-c', 'true'] };

  test.each([
    [{ source: { '<<': COMMAND }, destinations: DESTINATIONS }],
    [{ source: { '<<': [COMMAND] }, destinations: DESTINATIONS }],
    [{ '<<': { source: COMMAND, destinations: DESTINATIONS } }],
  ])('runs no program by %j', async (yard) => {
    using gateway = await running();
    await expect(gateway.service.addChannels({ yard })).rejects.toMatchObject({ reason: 'invalid' });
    expect(gateway.text).toBe(TEXT);
  });

  test('leads no stream with its secrets to another server', async () => {
    using gateway = await running();
    const text = TEXT.replace('rtmp://cloud/live/door', 'rtmp://cloud/live/door, token: hush');
    await gateway.reload(text);
    const move = (target: { url: string; token?: string }) =>
      gateway.service.moveDestination('door', 'cloud', target);
    await expect(move({ url: 'rtmp://evil.example/live/door' })).rejects.toMatchObject({
      reason: 'conflict',
    });
    await expect(move({ url: 'rtmp://cloud:1936/live/door' })).rejects.toMatchObject({ reason: 'conflict' });
    await move({ url: 'rtmp://cloud/live/other' });
    await move({ url: 'rtmp://other.example/live/door', token: 'of the other' });
  });
});

test('an end that waits for no more calls no destination refused', async () => {
  using gateway = await running();
  gateway.engine.channel('gate').all[0]!.abort();
  const [event] = gateway.service.events({ channel: 'gate' }).slice(-1);
  expect(event).toMatchObject({ type: 'destinationClosed', level: 'warn', destination: 'cloud' });
});
