import { expect, test } from 'vitest';
import { parseSessionDescription } from './session-description.js';
import { describeTracks, type TrackDescription } from './track-description.js';
import type { TrackFormat } from './track-format.js';

const base = 'rtsp://h/cam/';

function tracksOf(...lines: string[]): TrackDescription[] {
  const text = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', ...lines, ''].join('\r\n');
  return describeTracks(parseSessionDescription(Buffer.from(text), 16), base);
}

function formatOf(...lines: string[]): TrackFormat {
  return tracksOf(...lines)[0]!.format;
}

function setsOf(format: TrackFormat): string[] {
  const sets = 'parameterSets' in format ? format.parameterSets : [];
  return sets.map((set) => Buffer.from(set).toString('hex'));
}

/** A description of gst-rtsp-server, with line ends and an attribute order of its own. */
const gstreamer = `v=0\r
o=- 12031478 1 IN IP4 127.0.0.1\r
s=Session streamed with GStreamer\r
i=rtsp-server\r
t=0 0\r
a=tool:GStreamer\r
a=type:broadcast\r
a=control:*\r
a=range:npt=0-3.2\r
m=video 0 RTP/AVP 96\r
c=IN IP4 0.0.0.0\r
b=AS:1200\r
a=rtpmap:96 H264/90000\r
a=framerate:25\r
a=fmtp:96 packetization-mode=1;profile-level-id=64001f;sprop-parameter-sets=Z2QAH6yyAKALdgIgAAADACAAAAZB4wZJ,aOvMsiw=\r
a=control:stream=0\r
a=ts-refclk:local\r
m=audio 0 RTP/AVP 97\r
c=IN IP4 0.0.0.0\r
a=rtpmap:97 MPEG4-GENERIC/48000/2\r
a=fmtp:97 streamtype=5;profile-level-id=2;mode=AAC-hbr;config=1190;sizelength=13;indexlength=3;indexdeltalength=3\r
a=control:stream=1\r
`;

test('what GStreamer sends is read', () => {
  const session = parseSessionDescription(Buffer.from(gstreamer), 16);
  expect(session.control).toBe('*');
  const [video, audio] = describeTracks(session, base);
  expect(video).toMatchObject({
    index: 0,
    kind: 'video',
    payloadType: 96,
    clockRate: 90_000,
    controlUrl: 'rtsp://h/cam/stream=0',
  });
  expect(video!.format.codec).toBe('h264');
  expect(setsOf(video!.format)).toEqual(['6764001facb200a00b760220000003002000000641e30649', '68ebccb22c']);
  expect(audio).toMatchObject({ kind: 'audio', clockRate: 48_000, controlUrl: 'rtsp://h/cam/stream=1' });
  expect(audio!.format).toMatchObject({
    codec: 'aac',
    packing: 'mpeg4-generic',
    audioSpecificConfig: Buffer.from('1190', 'hex'),
    sizeLength: 13,
    indexLength: 3,
    indexDeltaLength: 3,
    frameDuration: 1024,
  });
});

test('H.264 without format parameters, with start codes or with rubbish in them is still H.264', () => {
  const rtpmap = 'a=rtpmap:96 h264/90000';
  expect(formatOf('m=video 0 RTP/AVP 96', rtpmap)).toEqual({ codec: 'h264', parameterSets: [] });
  const withStartCode = Buffer.from('0000000168ee3c80', 'hex').toString('base64');
  const lines = [rtpmap, `a=fmtp:96 sprop-parameter-sets=,%%%,AAAA,${withStartCode},Z0IACpZTBYmI`];
  const format = formatOf('m=video 0 RTP/AVP 96', ...lines);
  expect(setsOf(format)).toEqual(['68ee3c80', '6742000a9653058988']);
});

test('interleaved H.264 is refused with the reason', () => {
  expect(
    formatOf('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=2'),
  ).toMatchObject({
    codec: 'unsupported',
    encoding: 'H264',
    reason: expect.stringContaining('packetization-mode 2'),
  });
});

test('H.265 has its parameter sets in three parameters, and may have decoding order numbers', () => {
  const lines = ['m=video 0 RTP/AVP 97', 'a=rtpmap:97 H265/90000'];
  const sets = 'sprop-vps=QAEMAf//; sprop-sps=QgEBAWAA; sprop-pps=RAHA8vA=';
  const format = formatOf(...lines, `a=fmtp:97 ${sets}`);
  expect(format).toMatchObject({ codec: 'h265', hasDecodingOrder: false });
  expect(setsOf(format)).toEqual(['40010c01ffff', '420101016000', '4401c0f2f0']);
  expect(formatOf(...lines, 'a=fmtp:97 sprop-max-don-diff=2')).toMatchObject({ hasDecodingOrder: true });
});

test('G.711 needs no rtpmap, and may have one of its own', () => {
  expect(tracksOf('m=audio 0 RTP/AVP 0')[0]).toMatchObject({
    clockRate: 8000,
    format: { codec: 'pcmu', channels: 1 },
  });
  expect(tracksOf('m=audio 0 RTP/AVP 8')[0]).toMatchObject({
    clockRate: 8000,
    format: { codec: 'pcma', channels: 1 },
  });
  expect(tracksOf('m=audio 0 RTP/AVP 98', 'a=rtpmap:98 PCMA/16000/2')[0]).toMatchObject({
    payloadType: 98,
    clockRate: 16_000,
    format: { codec: 'pcma', channels: 2 },
  });
});

test('AAC in the modes of RFC 3640 has their field lengths when it names none', () => {
  const format = (fmtp: string, rate = 16_000): TrackFormat =>
    formatOf('m=audio 0 RTP/AVP 96', `a=rtpmap:96 mpeg4-generic/${rate}/1`, `a=fmtp:96 ${fmtp}`);
  expect(format('mode=AAC-hbr; config=1408')).toMatchObject({
    sizeLength: 13,
    indexLength: 3,
    indexDeltaLength: 3,
  });
  expect(format('mode=AAC-lbr; config=1408')).toMatchObject({
    sizeLength: 6,
    indexLength: 2,
    indexDeltaLength: 2,
  });
  expect(format('mode=generic; config=1408; constantSize=200')).toMatchObject({
    sizeLength: 0,
    constantSize: 200,
  });
  // HE-AAC: the RTP clock has the output's rate, twice that of the core, and a frame 2048 samples.
  expect(format('mode=AAC-hbr; config=2B118800', 48_000)).toMatchObject({ frameDuration: 2048 });
  expect(format('mode=AAC-hbr; config=1408; constantDuration=960')).toMatchObject({ frameDuration: 960 });
});

for (const [fmtp, reason] of [
  ['mode=AAC-hbr', 'missing'],
  ['mode=AAC-hbr; config=zz', 'hexadecimal'],
  ['mode=AAC-hbr; config=F800', 'not describe AAC'],
  ['config=1408', 'field lengths'],
  ['config=1408; sizeLength=33', 'field lengths'],
  ['mode=AAC-hbr; config=1408; maxDisplacement=3', 'interleaved'],
]) {
  test(`AAC with ${fmtp} is refused with the reason`, () => {
    const lines = ['m=audio 0 RTP/AVP 96', 'a=rtpmap:96 MPEG4-GENERIC/16000/1', `a=fmtp:96 ${fmtp}`];
    expect(formatOf(...lines)).toMatchObject({
      codec: 'unsupported',
      reason: expect.stringContaining(reason!),
    });
  });
}

test('AAC in LATM has its configuration in the description or in band', () => {
  const lines = ['m=audio 0 RTP/AVP 96', 'a=rtpmap:96 MP4A-LATM/24000/2'];
  expect(formatOf(...lines, 'a=fmtp:96 cpresent=0; config=400026203fc0')).toMatchObject({
    packing: 'latm',
    streamMuxConfig: Buffer.from('400026203fc0', 'hex'),
  });
  expect(formatOf(...lines)).toMatchObject({ packing: 'latm', streamMuxConfig: undefined });
  expect(formatOf(...lines, 'a=fmtp:96 cpresent=0')).toMatchObject({ codec: 'unsupported' });
});

test('the first payload type that is supported is taken', () => {
  const lines = ['m=video 0 RTP/AVP 26 96', 'a=rtpmap:96 H264/90000'];
  expect(tracksOf(...lines)[0]).toMatchObject({ payloadType: 96, format: { codec: 'h264' } });
});

test('what is not supported is named', () => {
  expect(formatOf('m=video 0 RTP/AVP 26')).toMatchObject({ codec: 'unsupported', encoding: 'JPEG' });
  expect(formatOf('m=video 0 RTP/AVP 99')).toMatchObject({
    encoding: 'payload type 99',
    reason: 'it has no rtpmap',
  });
  expect(formatOf('m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000')).toMatchObject({
    codec: 'unsupported',
    encoding: 'VND.ONVIF.METADATA',
  });
  expect(tracksOf('m=text 0 udp wb')[0]).toMatchObject({ kind: 'other', format: { codec: 'unsupported' } });
});

test('lines that make no sense are ignored, and media past the limit with their attributes', () => {
  const lines = [
    'x',
    'a=',
    'm=',
    'm=audio',
    'a=rtpmap:0 PCMU/0',
    'a=control:lost',
    'm=audio 0 RTP/AVP 0 x 999',
    'a=rtpmap:zz',
  ];
  expect(tracksOf(...lines)).toHaveLength(1);
  const many = Array.from({ length: 40 }, (_, i) => [`m=audio 0 RTP/AVP 0`, `a=control:${i}`]).flat();
  const tracks = tracksOf(...many);
  expect(tracks).toHaveLength(16);
  expect(tracks[15]!.controlUrl).toBe('rtsp://h/cam/15');
});

test('a description without media is refused', () => {
  for (const text of ['', 'v=0\r\n', '<html>']) {
    expect(() => parseSessionDescription(Buffer.from(text), 16)).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_RTSP_SDP' }),
    );
  }
});
