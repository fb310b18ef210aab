import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { faultText, parseConfiguration } from './parse.js';

const folder = mkdtempSync(join(tmpdir(), 'cloudpush-configuration-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'gateway.yaml');

function faultsOf(text: string, environment: NodeJS.ProcessEnv = {}): string[] {
  const { faults } = parseConfiguration(text, file, environment);
  return faults.map((fault) => faultText('gateway.yaml', fault));
}

function configurationOf(text: string, environment: NodeJS.ProcessEnv = {}) {
  const { configuration, faults } = parseConfiguration(text, file, environment);
  expect(faults).toEqual([]);
  return configuration!;
}

/** A configuration with one channel, of which these lines are a part. */
function withChannel(...lines: string[]): string {
  return ['version: 1', 'channels:', '  gate:', ...lines.map((line) => `    ${line}`), ''].join('\n');
}

const SOURCE = 'source: rtsp://camera.example/1';
const DESTINATIONS = 'destinations: [ rtmp://cloud.example/live/gate ]';

describe('a valid configuration', () => {
  test('of one line each has all the defaults', () => {
    const { channels, engine, api, stopTimeout } = configurationOf(withChannel(SOURCE, DESTINATIONS));
    expect(channels.get('gate')).toMatchObject({
      enabled: true,
      labels: {},
      event: undefined,
      source: {
        kind: 'rtsp',
        place: 'rtsp://camera.example/1',
        options: { rtsp: 'rtsp://camera.example/1', retry: { initialDelay: 1000, maxDelay: 60_000 } },
      },
      destinations: [
        {
          name: 'destination-1',
          place: 'rtmp://cloud.example/live/gate',
          host: 'cloud.example',
          options: {
            url: 'rtmp://cloud.example/live/gate',
            overflow: 'drop',
            stallTimeout: 15_000,
            highWatermark: { bytes: 8_388_608, ms: 4000 },
          },
        },
      ],
    });
    expect({ poolSize: engine.poolSize, api, stopTimeout }).toEqual({
      poolSize: 256 * 1024 ** 2,
      api: undefined,
      stopTimeout: 10_000,
    });
  });

  test('takes the defaults of channels and of their destinations', () => {
    const { channels } = configurationOf(
      [
        'version: 1',
        'channelDefaults:',
        '  rtspTransport: udp',
        '  sourceTimeout: 1m30s',
        '  destination: { stallTimeout: 20s, maxQueue: { bytes: 2MiB } }',
        'channels:',
        '  a: { source: rtsp://c/1, destinations: [ rtmp://s/live/a ] }',
        '  b: { source: rtsp://c/2, rtspTransport: tcp, destinations: [ { url: rtmp://s/live/b, stallTimeout: 5s } ] }',
      ].join('\n'),
    );
    const [a, b] = [channels.get('a')!, channels.get('b')!];
    expect(a.source.options).toMatchObject({ transport: 'udp', timeout: 90_000 });
    expect(b.source.options).toMatchObject({ transport: 'tcp', timeout: 90_000 });
    expect(a.destinations[0]!.options).toMatchObject({
      stallTimeout: 20_000,
      highWatermark: { bytes: 2_097_152 },
    });
    expect(b.destinations[0]!.options).toMatchObject({ stallTimeout: 5000 });
  });

  test('finds secrets in the environment, in files and in the credentials of systemd', () => {
    writeFileSync(join(folder, 'door'), 'from file\n');
    writeFileSync(join(folder, 'key'), 'from credential');
    const { channels } = configurationOf(
      withChannel(
        'source: { url: rtsps://c/1, username: viewer, password: file:door }',
        'encryption: { video: keyFrames, key: credential:key }',
        'destinations: [ { url: rtmp://s/live/x, token: env:TOKEN } ]',
      ),
      { TOKEN: 'from environment', CREDENTIALS_DIRECTORY: folder },
    );
    const gate = channels.get('gate')!;
    expect(gate.source.options).toMatchObject({ username: 'viewer', password: 'from file' });
    expect(gate.stream.encryption).toEqual({
      video: { mode: 'keyFrames', key: 'from credential' },
      audio: undefined,
    });
    expect(gate.destinations[0]!.options.connection).toMatchObject({ token: 'from environment' });
  });

  test('fills in variables: in the user info of a URL encoded, with a default where there is one', () => {
    const { channels } = configurationOf(
      withChannel(
        `source: rtsp://viewer:\${PASSWORD}@\${HOST:-camera.example}/1`,
        'labels: { literal: "$${HOST}" }',
        'destinations: [ rtmp://cloud.example/live/gate/$time ]',
      ),
      { PASSWORD: 'p@ss/word' },
    );
    const gate = channels.get('gate')!;
    expect(gate.source.options).toMatchObject({ rtsp: 'rtsp://viewer:p%40ss%2Fword@camera.example/1' });
    expect(gate.labels).toEqual({ literal: `\${HOST}` });
    expect(gate.destinations[0]!.options.url).toBe('rtmp://cloud.example/live/gate/$time');
  });

  test('shows places without user info, query and stream key', () => {
    const { channels } = configurationOf(
      withChannel(
        'source: rtsp://viewer:secret@camera.example/1?key=secret',
        'destinations: [ rtmp://u:secret@cloud.example/live/gate?token=secret, rtmps://a.rtmp.youtube.com/live2/secret ]',
      ),
    );
    const { source, destinations } = channels.get('gate')!;
    const places = [source.place, ...destinations.map(({ place }) => place)];
    expect(places).toEqual([
      'rtsp://camera.example/1',
      'rtmp://cloud.example/live/gate',
      'rtmps://a.rtmp.youtube.com/live2/…',
    ]);
  });

  test('asks the token server by serial number, by device token, and for live targets', () => {
    const { channels } = configurationOf(
      [
        'version: 1',
        'tokenServer: { url: "https://cloud.example/token", clientId: nvr-7, clientSecret: env:SECRET }',
        'channels:',
        '  gate:',
        '    source: rtsp://c/1',
        '    destinations:',
        '      - { name: a, device: { serialNumber: SN-1 } }',
        '      - { name: b, device: { serialNumber: SN-2, token: t2 } }',
        '      - { name: c, device: { serialNumber: SN-3, live: true, tokenUrl: "http://live.example/get" } }',
      ].join('\n'),
      { SECRET: 'hush' },
    );
    const targets = channels.get('gate')!.destinations.map(({ options }) => options.target);
    const tokenUrl = 'https://cloud.example/token';
    expect(targets).toEqual([
      { kind: 'device', deviceSN: 'SN-1', clientId: 'nvr-7', clientSecret: 'hush', tokenUrl },
      { kind: 'deviceToken', deviceToken: 't2', streamname: 'SN-2', tokenUrl },
      { kind: 'live', deviceSN: 'SN-3', tokenUrl: 'http://live.example/get' },
    ]);
  });

  test('has anchors and merge keys', () => {
    const { channels } = configurationOf(
      [
        'version: 1',
        'channels:',
        '  a: &camera { source: rtsp://c/1, audio: none, destinations: [ rtmp://s/live/a ] }',
        '  b: { <<: *camera, destinations: [ rtmp://s/live/b ] }',
      ].join('\n'),
    );
    expect(channels.get('b')!.source.options).toMatchObject({ rtsp: 'rtsp://c/1', audio: 'none' });
  });

  test('plans event mode', () => {
    const { channels } = configurationOf(
      withChannel(
        SOURCE,
        DESTINATIONS,
        'mode: event',
        'preRoll: 3s',
        'triggers: [ { http: true, type: face } ]',
      ),
    );
    expect(channels.get('gate')!.event).toEqual({
      preRoll: 3000,
      postRoll: 10_000,
      maxDuration: 3_600_000,
      httpTrigger: 'face',
      onvifTriggers: [],
    });
  });
});

describe('faults', () => {
  test('are all told at once, each with its line and column, in the order of the text', () => {
    const text = [
      'version: 1',
      'channelDefaults:',
      '  rtspTransport: tpc',
      'channels:',
      '  gate:',
      '    sorce: rtsp://camera.example/1',
      '    audio: loud',
      '    preRoll: 10',
      '    postRoll: 10 seconds',
      '    destinations:',
      '      - { url: rtmp://cloud.example/live/gate, stalTimeout: 3s }',
      '      - http://cloud.example/live',
    ].join('\n');
    expect(faultsOf(text)).toEqual([
      'gateway.yaml:3:18: channelDefaults.rtspTransport: "tpc" is not one of tcp, udp, auto (did you mean tcp?)',
      'gateway.yaml:6:5: channels.gate.source: missing: Where media comes from: the URL of a camera, or an object.',
      expect.stringMatching(
        /^gateway\.yaml:6:5: channels\.gate\.sorce: unknown key; permitted: .*\(did you mean source\?\)$/,
      ),
      'gateway.yaml:7:12: channels.gate.audio: "loud" is not one of auto, copy, aac, silence, none',
      'gateway.yaml:8:14: channels.gate.preRoll: 10 is not a duration, such as 500ms, 10s or 1m30s',
      'gateway.yaml:9:15: channels.gate.postRoll: "10 seconds" is not a duration, such as 500ms, 10s or 1m30s',
      expect.stringMatching(
        /^gateway\.yaml:11:48: channels\.gate\.destinations\[0\]\.stalTimeout: unknown key/,
      ),
      'gateway.yaml:12:9: channels.gate.destinations[1]: the URL is not rtmp[s]://host[:port]/app/name',
    ]);
  });

  test.each([
    ['nothing at all', '', /the file is empty/],
    ['a list', '- 1', /a list is not a map/],
    ['no version', 'channels: {}', /version: missing/],
    ['another version', 'version: 2\nchannels: {}', /version: 2 is not 1/],
    [
      'a name with a slash',
      `version: 1\nchannels: { '../x': { ${SOURCE}, ${DESTINATIONS} } }`,
      /"\.\.\/x" is not a valid name/,
    ],
    ['no destination', withChannel(SOURCE, 'destinations: []'), /destinations: a list: must NOT have fewer/],
    [
      'two kinds of source',
      withChannel('source: { url: rtsp://c/1, file: a.mkv }', DESTINATIONS),
      /url and file exclude each other/,
    ],
    [
      'no kind of source',
      withChannel('source: { loop: true }', DESTINATIONS),
      /one of url, file, command, module is missing/,
    ],
    [
      'a key of another kind',
      withChannel('source: { file: a.mkv, username: me }', DESTINATIONS),
      /source\.username: means nothing with file/,
    ],
    [
      'a command that is one text',
      withChannel('source: { command: ffmpeg -i x }', DESTINATIONS),
      /command: .* is not a list/,
    ],
    [
      'a range',
      withChannel(SOURCE, DESTINATIONS, 'preRoll: 10m'),
      /"10m" is out of range: 0ms to 120000ms are permitted/,
    ],
    [
      'no stream name',
      withChannel(SOURCE, 'destinations: [ rtmp://cloud.example/live ]'),
      /the URL names no stream/,
    ],
    [
      'the same name twice',
      withChannel(
        SOURCE,
        'destinations: [ { name: a, url: rtmp://s/live/a }, { name: a, url: rtmp://s/live/b } ]',
      ),
      /another destination of the channel is called a/,
    ],
    [
      'event mode without triggers',
      withChannel(SOURCE, DESTINATIONS, 'mode: event'),
      /mode event needs triggers/,
    ],
    [
      'a device without token server',
      withChannel(SOURCE, 'destinations: [ { device: { serialNumber: a } } ]'),
      /there is no token server to ask/,
    ],
    [
      'a variable that is not set',
      withChannel(`source: rtsp://u:\${NOWHERE}@c/1`, DESTINATIONS),
      /the environment variable NOWHERE is not set/,
    ],
    [
      'a variable that is not set, of a name that every object knows',
      withChannel(`source: rtsp://u:\${constructor}@c/1`, DESTINATIONS),
      /the environment variable constructor is not set/,
    ],
    [
      'a key of a name that every object knows',
      `constructor: 1\n${withChannel(SOURCE, DESTINATIONS)}`,
      /:1:1: constructor: unknown key/,
    ],
    [
      'a secret file that is not there',
      withChannel('source: { url: rtsp://c/1, username: a, password: file:/nowhere }', DESTINATIONS),
      /\/nowhere cannot be read \(ENOENT\)/,
    ],
    [
      'a duplicate key',
      'version: 1\nversion: 1\nchannels: {}',
      /:2:1: not valid YAML: Map keys must be unique/,
    ],
    ['a tab', 'version: 1\nchannels:\n\tgate: 1', /not valid YAML/],
    [
      'an API that others reach',
      `api: { listen: 0.0.0.0:9997 }\n${withChannel(SOURCE, DESTINATIONS)}`,
      /api\.listen: others than this machine reach the address/,
    ],
    [
      'metrics that others reach',
      `metrics: { listen: ':9998' }\n${withChannel(SOURCE, DESTINATIONS)}`,
      /metrics\.listen: others than this machine/,
    ],
    [
      'a short token',
      `api: { token: abc }\n${withChannel(SOURCE, DESTINATIONS)}`,
      /the token has 3 characters; at least 16/,
    ],
    [
      'too many destinations',
      `engine: { maxConnections: 1 }\n${withChannel(SOURCE, 'destinations: [ rtmp://s/live/a, rtmp://s/live/b ]')}`,
      /2 destinations, and engine.maxConnections is 1/,
    ],
  ])('%s', (_, text, expected) => {
    const faults = faultsOf(text);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join('\n')).toMatch(expected);
  });

  test('show no secret', () => {
    const faults = faultsOf(
      withChannel(
        'source: { url: "http://viewer:hush1@c/1", password: [hush2] }',
        'encryption: { key: { a: hush3 } }',
        'destinations: [ "rtmps//u:hush4@s/live", { url: "rtmp://u:hush5@:x/live/a", token: 7, password: hush6 } ]',
      ),
    );
    expect(faults.length).toBeGreaterThan(4);
    expect(faults.join('\n')).not.toContain('hush');
  });

  test('of aliases that grow beyond measure are told, and cost no memory', () => {
    const levels = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level++) {
      const previous = `*a${level - 1}`;
      levels.push(`b${level}: &a${level} [${Array(10).fill(previous).join(', ')}]`);
    }
    expect(faultsOf(levels.join('\n')).join('\n')).toMatch(/not valid YAML: Excessive alias count/);
  });
});

test('the secret for the token server of all is told to no other', () => {
  const { channels } = configurationOf(
    `tokenServer: { url: "https://cloud.example/token", clientId: nvr-7, clientSecret: hush }
${withChannel(SOURCE, 'destinations: [ { device: { serialNumber: SN-1, tokenUrl: "https://other.example/" } } ]')}`,
  );
  const { target } = channels.get('gate')!.destinations[0]!.options;
  expect(target).toEqual({ kind: 'device', deviceSN: 'SN-1', tokenUrl: 'https://other.example/' });
});

test('what the engine would refuse on connecting is a fault of the file, and a proxy is not shown', () => {
  const destination =
    '{ url: "rtmps://s/live/a", proxy: "ftp://u:hush@p", localAddress: eth0, tls: { fingerprints: [ zz ] } }';
  expect(faultsOf(withChannel(SOURCE, `destinations: [ ${destination} ]`))).toEqual([
    expect.stringMatching(/destinations\[0\]\.proxy: the proxy is not socks5:/),
    expect.stringMatching(/destinations\[0\]\.localAddress: "eth0" is not an IP address/),
    expect.stringMatching(/destinations\[0\]\.tls\.fingerprints\[0\]: "zz" is not a SHA-256/),
  ]);
});

describe('a file with nothing in it', () => {
  test.each(['', '\n\n', '# to be filled\n', '---\n'])(
    '%j is told to be empty, and what it needs',
    (text) => {
      expect(faultsOf(text)).toEqual([
        'gateway.yaml: the file is empty; the least that it holds is a line "version: 1" and a line "channels: {}"',
      ]);
    },
  );

  test('is not one that holds null, or text', () => {
    expect(faultsOf('null\n')).toEqual(['gateway.yaml:1:1: null is not a map']);
    expect(faultsOf('""\n')).toEqual(['gateway.yaml:1:1: "" is not a map']);
    expect(faultsOf('GATE_PASSWORD=SECRET\n')).toEqual(['gateway.yaml:1:1: a text is not a map']);
  });
});

test('a first wait that is longer than the longest is a fault, and the longest follows a long first one', () => {
  const channel = (...lines: string[]) => withChannel(SOURCE, ...lines);
  const destination = (retry: string) =>
    channel(`destinations: [ { url: rtmp://cloud.example/live/gate, reconnect: ${retry} } ]`);
  expect(faultsOf(channel(DESTINATIONS, 'sourceRetry: { initial: 5s, max: 2s }'))).toEqual([
    expect.stringMatching(
      /:6:29: channels\.gate\.sourceRetry\.initial: initial, 5s, is longer than max, 2s$/,
    ),
  ]);
  expect(faultsOf(destination('{ max: 100ms }'))).toEqual([
    expect.stringMatching(/reconnect\.max: initial, the default of 500ms, is longer than max, 100ms$/),
  ]);
  const long = configurationOf(channel(DESTINATIONS, 'sourceRetry: { initial: 5m }')).channels.get('gate');
  expect(long?.source.options).toMatchObject({ retry: { initialDelay: 300_000, maxDelay: 300_000 } });
});

test('files of certificates and keys are looked into', () => {
  writeFileSync(join(folder, 'empty.pem'), 'no certificate\n');
  writeFileSync(
    join(folder, 'damaged.pem'),
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  );
  const tls = 'tls: { ca: empty.pem, cert: damaged.pem, key: empty.pem }';
  const faults = faultsOf(
    withChannel(
      'source: { url: "rtsps://camera.example/1", ca: damaged.pem }',
      `destinations: [ { url: rtmps://cloud.example/live/gate, ${tls} } ]`,
    ),
  );
  expect(faults).toEqual([
    expect.stringMatching(/source\.ca: .*damaged\.pem: certificate 1 of 1 is damaged$/),
    expect.stringMatching(/tls\.ca: .*empty\.pem holds no certificate in PEM/),
    expect.stringMatching(/tls\.cert: .*damaged\.pem: certificate 1 of 1 is damaged$/),
    expect.stringMatching(/tls\.key: .*empty\.pem holds no private key in PEM/),
  ]);
});

test('files that are played must be there where that is asked for, and only there', () => {
  const text = withChannel('source: { file: missing.mp4 }', 'offline: { file: missing.flv }', DESTINATIONS);
  expect(configurationOf(text).channels.size).toBe(1);
  const { faults } = parseConfiguration(text, file, {}, { requiresMedia: true });
  expect(faults.map(({ line, path, message }) => [line, path, message])).toEqual([
    [4, 'channels.gate.source.file', `${join(folder, 'missing.mp4')} cannot be read (ENOENT)`],
    [5, 'channels.gate.offline.file', `${join(folder, 'missing.flv')} cannot be read (ENOENT)`],
  ]);
});

test.each(['http://user:secret@a:1', 'http://a:1/?token=1', 'http://a:1#x', 'ftp://a'])(
  'the address of a cluster’s node, which all may read, is none like %s',
  (address) => {
    expect(
      faultsOf(`version: 1\nchannels: {}\ncluster: { store: etcd://e, address: '${address}' }\n`),
    ).toEqual([
      expect.stringMatching(
        /cluster\.address: the URL is not http\[s\]:\/\/host:port, without user, password and query/,
      ),
    ]);
  },
);

test('channels of a cluster may be more than one of its gateways can send', () => {
  const channels = withChannel(SOURCE, 'destinations: [ rtmp://s/live/a, rtmp://s/live/b ]');
  // The file is for an import: that they stand in it is told, and not how many they are.
  expect(faultsOf(`engine: { maxConnections: 1 }\ncluster: { store: etcd://e }\n${channels}`)).toEqual([
    expect.stringMatching('the channels of a cluster stand in its store'),
  ]);
});
