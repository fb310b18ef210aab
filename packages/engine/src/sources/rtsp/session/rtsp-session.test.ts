import { expect, test } from 'vitest';
import { ScriptedCamera, twoTracks } from '../testing/scripted-camera.js';

function errorOf(camera: ScriptedCamera) {
  return camera.ended?.error;
}

test('a session goes from OPTIONS to PLAY, however its responses are cut', () => {
  for (const pieceBytes of [1, 2, 7, Number.POSITIVE_INFINITY]) {
    const camera = new ScriptedCamera();
    camera.pieceBytes = pieceBytes;
    camera.untilPlay();
    camera.answer('200 OK', [
      'RTP-Info: url=rtsp://camera/live/track2;seq=5;rtptime=800,url=rtsp://camera/live/track1;rtptime=90000',
    ]);
    expect(camera.log).toEqual([
      'connect camera:554',
      'OPTIONS rtsp://camera/live',
      'DESCRIBE rtsp://camera/live',
      'SETUP rtsp://camera/live/track1',
      'SETUP rtsp://camera/live/track2',
      'PLAY rtsp://camera/live/',
      'playing tcp',
    ]);
    expect(camera.requests.map(({ fields }) => fields.get('CSeq'))).toEqual(['1', '2', '3', '4', '5']);
    expect(camera.requests[1]!.fields.get('Accept')).toBe('application/sdp');
    expect(camera.requests[2]!.fields.get('Transport')).toBe('RTP/AVP/TCP;unicast;interleaved=0-1');
    expect(camera.requests[3]!.fields.get('Transport')).toBe('RTP/AVP/TCP;unicast;interleaved=2-3');
    expect(camera.requests[3]!.fields.get('Session')).toBe('42');
    expect(camera.starts).toEqual([
      { track: 0, timestamp: 90_000 },
      { track: 1, timestamp: 800 },
    ]);
  }
});

test('media that come before the response to PLAY wait for it', () => {
  const camera = new ScriptedCamera();
  camera.untilPlay();
  camera.say(Buffer.from('2400000101240300020203', 'hex'));
  expect(camera.media).toEqual([]);
  camera.answer();
  camera.say(Buffer.from('24000001042405000105', 'hex'));
  expect(camera.media).toEqual(['0 rtp 01', '1 rtcp 0203', '0 rtp 04']);
});

test('media before PLAY are held up to a limit', () => {
  const camera = new ScriptedCamera();
  camera.untilPlay();
  const frame = Buffer.alloc(4 + 60_000, 1);
  frame.set([0x24, 0]);
  frame.writeUInt16BE(60_000, 2);
  for (let i = 0; i < 100; i++) camera.say(frame);
  camera.answer();
  expect(camera.media).toHaveLength(17);
});

test('UDP ports are asked for one track after the other, and packets open the way for answers', () => {
  const camera = new ScriptedCamera({ transport: 'udp' });
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], twoTracks);
  expect(camera.log.at(-1)).toBe('bind 0');
  camera.session.udpBound(0, 5000, 0);
  expect(camera.last.fields.get('Transport')).toBe('RTP/AVP;unicast;client_port=5000-5001');
  camera.answer('200 OK', [
    'Session: 1',
    'Transport: RTP/AVP;unicast;server_port=6000-6001;source=192.0.2.1',
  ]);
  expect(camera.log.slice(-2)).toEqual(['open 0 192.0.2.1 6000', 'bind 1']);
  camera.session.udpBound(1, 5002, 0);
  camera.answer('200 OK', ['Session: 1', 'Transport: RTP/AVP;unicast']);
  expect(camera.log.slice(-6)).toEqual([
    'open 1 - -',
    'datagram 0 rtp 800000000000000000000000',
    'datagram 0 rtcp 80c9000100000000',
    'datagram 1 rtp 800000000000000000000000',
    'datagram 1 rtcp 80c9000100000000',
    'PLAY rtsp://camera/live',
  ]);
  camera.session.receiveDatagram(1, 'rtp', Uint8Array.of(7), 0);
  camera.answer();
  expect(camera.media).toEqual(['1 rtp 07']);
  camera.session.sendRtcp(1, Uint8Array.of(9));
  expect(camera.log.at(-1)).toBe('datagram 1 rtcp 09');
});

test('ports that cannot be opened, or never are, end the session', () => {
  const camera = new ScriptedCamera({ transport: 'udp' });
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], twoTracks);
  camera.session.udpFailed(0, new Error('EMFILE'), 0);
  expect(errorOf(camera)).toMatchObject({
    code: 'ERR_CLOUDPUSH_RTSP_TRANSPORT',
    message: expect.stringMatching(/EMFILE/),
  });
  const waiting = new ScriptedCamera({ transport: 'udp' });
  waiting.connected();
  waiting.answer();
  waiting.answer('200 OK', [], twoTracks);
  waiting.advance(10_000);
  expect(errorOf(waiting)).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_TIMEOUT' });
});

test.each([
  '461 Unsupported Transport',
  '400 Bad Request',
  '451 Parameter Not Understood',
  '501 Not Implemented',
  '551 Option not supported',
])('auto goes from TCP to UDP when the camera answers %s', (answer) => {
  const camera = new ScriptedCamera({ transport: 'auto' });
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], twoTracks);
  camera.answer(answer);
  expect(camera.log.at(-1)).toBe('bind 0');
  expect(camera.warnings).toHaveLength(1);
});

for (const [transport, answer, fields] of [
  ['tcp', '461 Unsupported Transport', []],
  ['tcp', '200 OK', ['Session: 1', 'Transport: RTP/AVP;unicast;server_port=1-2']],
  ['tcp', '200 OK', ['Session: 1', 'Transport: RTP/AVP/TCP;multicast']],
] as const) {
  test(`${transport} alone answered with ${answer} ${fields.at(-1) ?? ''} ends the session for good`, () => {
    const camera = new ScriptedCamera({ transport });
    camera.connected();
    camera.answer();
    camera.answer('200 OK', [], twoTracks);
    camera.answer(answer, fields);
    expect(errorOf(camera)).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_TRANSPORT', class: 'fatal' });
  });
}

test('auto does not hide behind UDP what another transport cannot mend', () => {
  const camera = new ScriptedCamera({ transport: 'auto' });
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], twoTracks);
  camera.answer('404 Not Found');
  expect(errorOf(camera)).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_STATUS' });
});

test('the camera may choose other channels, but not those of another track', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], twoTracks);
  camera.answer('200 OK', ['Session: 1', 'Transport: RTP/AVP/TCP;unicast;interleaved=8-9']);
  camera.answer('200 OK', ['Session: 1', 'Transport: RTP/AVP/TCP;unicast;interleaved=9-10']);
  expect(errorOf(camera)).toMatchObject({
    code: 'ERR_CLOUDPUSH_RTSP_PROTOCOL',
    message: expect.stringMatching(/another track/),
  });
});

test('a refused sound leaves the pictures, refused pictures end the session', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], twoTracks);
  camera.answer('200 OK', ['Session: 1']);
  camera.answer('404 Not Found');
  camera.answer();
  expect(camera.log.at(-1)).toBe('playing tcp');
  expect(camera.warnings[0]).toContain('audio');
  const blind = new ScriptedCamera();
  blind.connected();
  blind.answer();
  blind.answer('200 OK', [], twoTracks);
  blind.answer('404 Not Found');
  expect(errorOf(blind)).toMatchObject({
    code: 'ERR_CLOUDPUSH_RTSP_STATUS',
    details: { status: 404, method: 'SETUP' },
  });
});

test('when every track is refused the last refusal is the error', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], 'm=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 8\r\n');
  camera.answer('404 Not Found');
  camera.answer('500 Broken');
  expect(errorOf(camera)).toMatchObject({ details: { status: 500 } });
});

test('a camera without a supported track ends the session, with what it offers', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], 'm=video 0 RTP/AVP 26\r\n');
  expect(errorOf(camera)).toMatchObject({
    code: 'ERR_CLOUDPUSH_RTSP_NO_MEDIA',
    class: 'fatal',
    message: expect.stringMatching(/JPEG/),
  });
});

for (const [what, step] of [
  ['DESCRIBE', 1],
  ['PLAY', 4],
] as const) {
  test(`a refused ${what} ends the session with status and reason`, () => {
    const camera = new ScriptedCamera();
    if (step === 4) camera.untilPlay();
    else {
      camera.connected();
      camera.answer();
    }
    camera.answer('503 Service Unavailable');
    expect(errorOf(camera)).toMatchObject({
      code: 'ERR_CLOUDPUSH_RTSP_STATUS',
      class: 'retryable',
      message: `rtsp://camera/live: ${what} was answered with 503 Service Unavailable`,
      details: { status: 503, method: what },
    });
    expect(camera.log.at(-1)).toBe('close');
  });
}

test('OPTIONS may be refused: the rest goes on', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.answer('501 Not Implemented');
  expect(camera.last.line).toBe('DESCRIBE rtsp://camera/live RTSP/1.0');
});

test('a session control URL is the base of the others', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.answer();
  const sdp = `a=control:rtsp://camera/other/\r\n${twoTracks}`;
  camera.answer('200 OK', ['Content-Base: rtsp://camera/live/'], sdp);
  expect(camera.last.line).toBe('SETUP rtsp://camera/other/track1 RTSP/1.0');
});

const digest = 'WWW-Authenticate: Digest realm="r", nonce="n"';

test('a challenge is answered, on the way and in the middle of playing', () => {
  const camera = new ScriptedCamera({ url: 'rtsp://u:secret@camera/live' });
  camera.connected();
  camera.answer('401 Unauthorized', [digest]);
  expect(camera.last.line).toBe('OPTIONS rtsp://camera/live RTSP/1.0');
  expect(camera.last.fields.get('Authorization')).toMatch(/^Digest username="u"/);
  camera.answer();
  camera.answer('200 OK', [], twoTracks);
  camera.answer('200 OK', ['Session: 1']);
  camera.answer('200 OK', ['Session: 1']);
  camera.answer();
  camera.advance(30_000);
  camera.answer('401 Unauthorized', [digest.replace('"n"', '"m"')]);
  expect(camera.last.fields.get('Authorization')).toContain('nonce="m"');
  camera.answer();
  expect(camera.ended).toBeUndefined();
});

test('a challenge without CSeq on a connection that closes is answered on a new one, as VLC wants it', () => {
  const camera = new ScriptedCamera({ credentials: { username: 'u', password: 'p' } });
  camera.connected();
  camera.answer();
  camera.say(`RTSP/1.0 401 Unauthorized\r\n${digest}\r\nContent-Length: 0\r\n\r\n`);
  camera.session.disconnected(0);
  expect(camera.log.at(-1)).toBe('connect camera:554');
  camera.connected();
  expect(camera.last.fields.get('Authorization')).toMatch(/^Digest/);
  camera.answer();
  expect(camera.last.line).toMatch(/^DESCRIBE/);
  expect(camera.last.fields.get('Authorization')).toMatch(/^Digest/);
  camera.answer('200 OK', [], twoTracks);
  camera.session.disconnected(0);
  expect(errorOf(camera)).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_CLOSED' });
});

test('a camera that closes after every challenge is not asked for ever', () => {
  const camera = new ScriptedCamera({ credentials: { username: 'u', password: 'p' } });
  camera.connected();
  camera.answer('401 Unauthorized', [digest]);
  camera.session.disconnected(0);
  camera.connected();
  camera.session.disconnected(0);
  expect(errorOf(camera)).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_CLOSED' });
  expect(camera.log.filter((line) => line.startsWith('connect'))).toHaveLength(2);
});

test('wrong, missing and unsupported credentials are told apart', () => {
  const codes = [
    [{ credentials: { username: 'u', password: 'p' } }, digest, 2, /refuses the user name/],
    [{}, digest, 1, /none is configured/],
    [{ credentials: { username: 'u', password: 'p' } }, 'WWW-Authenticate: Negotiate', 1, /no supported/],
  ] as const;
  for (const [options, challenge, times, message] of codes) {
    const camera = new ScriptedCamera(options);
    camera.connected();
    for (let i = 0; i < times; i++) camera.answer('401 Unauthorized', [challenge]);
    expect(errorOf(camera)).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_AUTH', class: 'auth' });
    expect(errorOf(camera)!.message).toMatch(message);
  }
});

test('no error holds credentials or a query, even when the camera repeats them', () => {
  const camera = new ScriptedCamera({ url: 'rtsp://operator:hunter22@camera/live?token=abcdef' });
  camera.connected();
  camera.answer();
  camera.answer('404 hunter22 operator abcdef rtsp://operator:hunter22@camera/?token=abcdef');
  const error = errorOf(camera)!;
  expect(error.message).toContain('rtsp://camera/live');
  expect(JSON.stringify([error.message, error.details])).not.toMatch(/hunter22|operator|abcdef/);
});

test('credentials that are common words leave our own texts alone', () => {
  const camera = new ScriptedCamera({ credentials: { username: 'camera', password: 'with' } });
  camera.connected();
  camera.answer();
  camera.answer('404 with camera');
  expect(errorOf(camera)!.message).toBe('rtsp://camera/live: DESCRIBE was answered with 404 … …');
});

test('redirects are followed, with credentials only to the same host', () => {
  const camera = new ScriptedCamera({ credentials: { username: 'u', password: 'p' } });
  camera.connected();
  camera.answer('401 Unauthorized', [digest]);
  camera.answer();
  camera.answer('302 Found', ['Location: rtsp://camera:8554/b']);
  expect(camera.log.slice(-2)).toEqual(['close udp', 'connect camera:8554']);
  camera.connected();
  camera.answer('401 Unauthorized', [digest]);
  camera.answer('301 Moved', ['Location: rtsp://elsewhere/c']);
  camera.connected();
  camera.answer('401 Unauthorized', [digest]);
  expect(errorOf(camera)).toMatchObject({
    message: 'rtsp://elsewhere/c: the camera asks for a user name and password; none is configured',
  });
});

test('credentials that did not go along to another host do not follow to its next redirect', () => {
  const camera = new ScriptedCamera({ credentials: { username: 'u', password: 'p' } });
  camera.connected();
  camera.answer('302 Found', ['Location: rtsp://elsewhere/a']);
  camera.connected();
  camera.answer('302 Found', ['Location: rtsp://elsewhere/b']);
  camera.connected();
  camera.answer('401 Unauthorized', ['WWW-Authenticate: Basic realm="r"']);
  expect(camera.log.join()).not.toContain('Authorization');
  expect(errorOf(camera)!.message).toContain('none is configured');
});

for (const [from, location] of [
  ['rtsps://camera/live', 'Location: rtsp://camera/live'],
  ['rtsp://camera/live', 'Location: http://camera/live'],
  ['rtsp://camera/live', 'X: y'],
] as const) {
  test(`the redirect from ${from} with ${location} is not followed`, () => {
    const camera = new ScriptedCamera({ url: from });
    camera.connected();
    camera.answer('302 Found', [location]);
    expect(errorOf(camera)).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_REDIRECT' });
  });
}

test('redirects in a circle end', () => {
  const camera = new ScriptedCamera();
  for (let i = 0; i < 6; i++) {
    camera.connected();
    camera.answer('302 Found', ['Location: rtsp://camera/live']);
  }
  expect(errorOf(camera)).toMatchObject({
    code: 'ERR_CLOUDPUSH_RTSP_REDIRECT',
    message: expect.stringMatching(/more than 5/),
  });
});

function playing(options = {}): ScriptedCamera {
  const camera = new ScriptedCamera(options);
  camera.untilPlay();
  camera.answer();
  return camera;
}

test('a sign of life is given at half the time-out, with OPTIONS once GET_PARAMETER is refused', () => {
  const camera = playing();
  camera.advance(29_999);
  expect(camera.last.line).toMatch(/^PLAY/);
  camera.advance(1);
  expect(camera.last.line).toBe('GET_PARAMETER rtsp://camera/live/ RTSP/1.0');
  expect(camera.last.fields.get('Session')).toBe('42');
  camera.answer('405 Method Not Allowed');
  camera.advance(30_000);
  expect(camera.last.line).toMatch(/^OPTIONS/);
  camera.answer();
  expect(camera.ended).toBeUndefined();
});

test('a sign of life that is not answered matters only when no media come', () => {
  const camera = playing();
  camera.advance(30_000);
  camera.advance(5000);
  camera.say(Buffer.from('24000000', 'hex'));
  camera.advance(5000);
  expect(camera.ended).toBeUndefined();
  camera.advance(20_000);
  expect(camera.last.line).toMatch(/^GET_PARAMETER/);
  camera.advance(10_000);
  expect(errorOf(camera)).toMatchObject({
    code: 'ERR_CLOUDPUSH_RTSP_TIMEOUT',
    message: 'rtsp://camera/live: GET_PARAMETER was not answered within 10000 ms',
  });
});

test('while a sign of life waits for its answer, the next one is not due', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.answer();
  camera.answer('200 OK', [], twoTracks);
  camera.answer('200 OK', ['Session: 1;timeout=1']);
  camera.answer('200 OK', ['Session: 1;timeout=1']);
  camera.answer();
  camera.advance(500);
  expect(camera.session.nextTick).toBe(10_500);
  camera.answer();
  expect(camera.session.nextTick).toBe(1000);
});

test('a session that the camera no longer knows is lost', () => {
  const camera = playing();
  camera.advance(30_000);
  camera.answer('454 Session Not Found');
  expect(errorOf(camera)).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_SESSION_LOST', class: 'retryable' });
});

test('a request that is not answered in time ends the session', () => {
  const camera = new ScriptedCamera({ requestTimeout: 3000 });
  camera.connected();
  expect(camera.session.nextTick).toBe(3000);
  camera.advance(2999);
  camera.say('RTSP/1.0 200 OK\r\nCSe');
  expect(camera.ended).toBeUndefined();
  camera.advance(1);
  expect(errorOf(camera)).toMatchObject({
    code: 'ERR_CLOUDPUSH_RTSP_TIMEOUT',
    message: expect.stringMatching(/OPTIONS/),
  });
});

test('late responses, interim ones and those to nothing are ignored', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.say('RTSP/1.0 500 Late\r\nCSeq: 77\r\n\r\n');
  camera.answer('100 Continue');
  camera.answer();
  camera.say('RTSP/1.0 500 Late\r\nCSeq: 1\r\n\r\n');
  expect(camera.ended).toBeUndefined();
  expect(camera.last.line).toMatch(/^DESCRIBE/);
});

test('requests of the camera are answered', () => {
  const camera = playing();
  camera.say('OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n');
  expect(camera.log.at(-1)).toBe('RTSP/1.0 200 OK');
  camera.say('RECORD rtsp://camera/live RTSP/1.0\r\nCSeq: 8\r\n\r\n');
  expect(camera.log.at(-1)).toBe('RTSP/1.0 405 Method Not Allowed');
  camera.say('REDIRECT rtsp://camera/live RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://other/live\r\n\r\n');
  expect(camera.log.slice(-3)).toEqual(['RTSP/1.0 200 OK', 'close udp', 'connect other:554']);
});

test('closing tears the session down, and waits a second for the answer at most', () => {
  const camera = playing();
  camera.session.close(0);
  expect(camera.last.line).toBe('TEARDOWN rtsp://camera/live/ RTSP/1.0');
  camera.say(Buffer.from('2400000101', 'hex'));
  camera.answer();
  expect(camera.ended).toEqual({ error: undefined });
  expect(camera.media).toEqual([]);
  const silent = playing();
  silent.session.close(0);
  silent.advance(1000);
  expect(silent.ended).toEqual({ error: undefined });
  const gone = playing();
  gone.session.close(0);
  gone.session.disconnected(0);
  expect(gone.ended).toEqual({ error: undefined });
});

test('closing before there is a session needs no TEARDOWN', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.session.close(0);
  expect(camera.ended).toEqual({ error: undefined });
  expect(camera.log.at(-1)).toBe('close');
});

test('nothing happens after the end', () => {
  const camera = playing();
  camera.session.disconnected(0, new Error('ECONNRESET'));
  expect(errorOf(camera)).toMatchObject({ message: 'rtsp://camera/live: ECONNRESET while playing' });
  const { length } = camera.log;
  camera.say('OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n');
  camera.session.disconnected(0);
  camera.session.tick(1e9);
  camera.session.close(0);
  camera.session.connected(0);
  camera.session.sendRtcp(0, Uint8Array.of(1));
  expect(camera.log).toHaveLength(length);
  expect(camera.session.nextTick).toBe(Number.POSITIVE_INFINITY);
});

test('a protocol error ends the session, in the middle of a piece', () => {
  const camera = new ScriptedCamera();
  camera.connected();
  camera.say('\x01');
  expect(errorOf(camera)).toMatchObject({
    code: 'ERR_CLOUDPUSH_RTSP_PROTOCOL',
    message: expect.stringMatching(/^rtsp:\/\/camera\/live: byte/),
  });
});
