import { expect, test } from 'vitest';
import { parseRtpInfo } from './rtp-info.js';
import { writeInterleaved, writeRequest, writeResponse } from './rtsp-writer.js';
import { parseSession } from './session-header.js';
import { parseTransport, writeTransport } from './transport-header.js';

test('transports are asked for as RFC 2326 §12.39 writes them', () => {
  expect(writeTransport({ protocol: 'tcp', rtpChannel: 2 })).toBe('RTP/AVP/TCP;unicast;interleaved=2-3');
  expect(writeTransport({ protocol: 'udp', rtpPort: 4588 })).toBe('RTP/AVP;unicast;client_port=4588-4589');
});

test('the transport that a camera has chosen is read', () => {
  const udp = 'RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257;source=192.0.2.7;ssrc=0A13C760';
  expect(parseTransport(udp)).toEqual({
    protocol: 'udp',
    multicast: false,
    interleaved: undefined,
    serverPort: [6256, 6257],
    source: '192.0.2.7',
  });
  expect(parseTransport('rtp/avp/tcp; unicast; interleaved="2-3"')).toMatchObject({
    protocol: 'tcp',
    interleaved: [2, 3],
  });
  expect(parseTransport('RTP/AVP/UDP;unicast;server_port=6256')).toMatchObject({
    protocol: 'udp',
    serverPort: [6256, 6257],
  });
  expect(parseTransport('RTP/AVP;multicast;destination=224.2.0.1;port=3456-3457')).toMatchObject({
    multicast: true,
  });
});

test('a transport that lies has no channels and ports, and no protocol', () => {
  for (const text of [
    '',
    ';',
    'RTP/AVP/TCP;interleaved=0-256',
    'RTP/AVP/TCP;interleaved=a-b',
    'RTP/SAVP;server_port=70000',
  ]) {
    expect(parseTransport(text)).toMatchObject({ interleaved: undefined, serverPort: undefined });
  }
  expect(parseTransport('RTP/SAVP;unicast').protocol).toBe('other');
});

test('a session has an identifier, and a time-out of 60 s unless another is given', () => {
  expect(parseSession('12345678')).toEqual({ id: '12345678', timeout: 60 });
  expect(parseSession('  ab-c ;timeout=30')).toEqual({ id: 'ab-c', timeout: 30 });
  expect(parseSession('a;x=y; Timeout="5"')).toEqual({ id: 'a', timeout: 5 });
  expect(parseSession('a;timeout=0')).toEqual({ id: 'a', timeout: 60 });
  expect(parseSession('a;timeout=999999999')).toEqual({ id: 'a', timeout: 3600 });
  for (const text of [undefined, '', ';timeout=5', 'x'.repeat(2000)])
    expect(parseSession(text)).toBeUndefined();
});

test('RTP-Info has an entry for each URL, whatever stands in it', () => {
  const text =
    'url=rtsp://h/a,b/track=1;seq=9810092;rtptime=3450012, url="track2";seq=30211;rtptime=4294967296,url=c;rtptime=0';
  expect(parseRtpInfo(text)).toEqual([
    { url: 'rtsp://h/a,b/track=1', timestamp: 3450012 },
    { url: 'track2', timestamp: undefined },
    { url: 'c', timestamp: 0 },
  ]);
  expect(parseRtpInfo(undefined)).toEqual([]);
  expect(parseRtpInfo(',,;=')).toEqual([{ url: '', timestamp: undefined }]);
});

test('requests and responses are written, and no value begins a line of its own', () => {
  expect(writeRequest('SETUP', 'rtsp://h/a', [['CSeq', '3']]).toString()).toBe(
    'SETUP rtsp://h/a RTSP/1.0\r\nCSeq: 3\r\n\r\n',
  );
  expect(writeResponse(405, 'Method Not Allowed', [['CSeq', '1\r\nEvil: 1']]).toString()).toBe(
    'RTSP/1.0 405 Method Not Allowed\r\nCSeq: 1 Evil: 1\r\n\r\n',
  );
  expect(writeInterleaved(3, Uint8Array.of(1, 2)).toString('hex')).toBe('240300020102');
});
