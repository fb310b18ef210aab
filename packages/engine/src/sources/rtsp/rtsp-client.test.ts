import { expect, test } from 'vitest';
import type { CloudPushError } from '../../base/errors.js';
import { rtspLimits } from './limits.js';
import { writeInterleaved } from './message/rtsp-writer.js';
import { RtspClient } from './rtsp-client.js';
import { CollectingSink } from './testing/collecting-sink.js';
import { bye, rtpPacket, senderReport } from './testing/rtp.js';
import { twoTracks } from './testing/scripted-camera.js';

const idr = Buffer.from('6588aabb', 'hex');
const slice = Buffer.from('419acc', 'hex');

/** A client that plays two tracks over TCP: H.264 on channels 0 and 1, G.711 on 2 and 3. */
class Playing {
  readonly sinks = [new CollectingSink(), new CollectingSink()];
  readonly written: Buffer[] = [];
  readonly client: RtspClient;
  ended: { error: CloudPushError | undefined } | undefined;
  now = 0;

  constructor(
    rtpInfo = 'url=rtsp://camera/live/track1;rtptime=0,url=rtsp://camera/live/track2;rtptime=0',
    url = 'rtsp://camera/live',
  ) {
    const io = {
      connect: () => undefined,
      write: (bytes: Uint8Array) => void this.written.push(Buffer.from(bytes)),
      close: () => undefined,
      bindUdp: () => undefined,
      openUdp: () => undefined,
      closeUdp: () => undefined,
      sendDatagram: () => undefined,
    };
    const options = {
      url,
      transport: 'tcp',
      requestTimeout: 10_000,
      userAgent: 'test',
      limits: rtspLimits,
      random: (target: Uint8Array) => void target.fill(0xab),
    } as const;
    this.client = new RtspClient(options, io, {
      onDescribed: () => this.sinks,
      onPlaying: () => undefined,
      onWarning: () => undefined,
      onEnded: (error) => {
        this.ended = { error };
      },
    });
    this.client.start(0);
    this.client.connected(0);
    this.answer('');
    this.answer(`Content-Length: ${twoTracks.length}\r\n`, twoTracks);
    this.answer('Session: 1\r\n');
    this.answer('Session: 1\r\n');
    this.answer(`RTP-Info: ${rtpInfo}\r\n`);
  }

  answer(fields: string, body = ''): void {
    const sequence = /CSeq: (\d+)/.exec(this.written.at(-1)!.toString())![1];
    this.client.receive(
      Buffer.from(`RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\n${fields}\r\n${body}`),
      this.now,
    );
  }

  frame(channel: number, packet: Uint8Array): this {
    this.client.receive(writeInterleaved(channel, packet), this.now);
    return this;
  }

  picture(sequence: number, timestamp: number, unit = slice, ssrc = 1): this {
    return this.frame(0, rtpPacket({ sequence, timestamp, marker: true, ssrc }, unit));
  }

  sound(sequence: number, timestamp: number): this {
    return this.frame(2, rtpPacket({ sequence, timestamp, payloadType: 0, ssrc: 2 }, Buffer.alloc(160)));
  }

  at(now: number): this {
    this.now = now;
    if (now >= this.client.nextTick) this.client.tick(now);
    return this;
  }

  times(track: number): number[] {
    return this.sinks[track]!.collected.map(({ pts }) => Math.round(pts));
  }
}

test('both tracks come out on one timeline', () => {
  const playing = new Playing();
  playing.picture(1, 900, idr).sound(1, 240).picture(2, 4500).sound(2, 400);
  expect(playing.times(0)).toEqual([10, 50]);
  expect(playing.times(1)).toEqual([30, 50]);
  expect(playing.client.statistics(0)).toMatchObject({ packets: 2, accessUnits: 2, lastAccessUnitAt: 0 });
});

test('packets of another payload type, and what is no RTP, are counted and go nowhere', () => {
  const playing = new Playing();
  playing.frame(0, rtpPacket({ sequence: 1, payloadType: 97 }, idr)).frame(0, Buffer.of(1, 2, 3));
  expect(playing.client.statistics(0)).toMatchObject({ packets: 0, malformed: 2 });
});

test('a missing packet is given up by tick(), and the group with it', () => {
  const playing = new Playing();
  playing.picture(1, 0, idr).picture(3, 7200);
  expect(playing.client.nextTick).toBe(200);
  playing.at(200).picture(4, 10_800, idr);
  expect(playing.times(0)).toEqual([0, 120]);
  expect(playing.client.statistics(0)).toMatchObject({ lost: 1, damagedPictures: 1 });
});

test('another source goes on where the old one was, with a key frame', () => {
  const playing = new Playing();
  playing.picture(1, 0, idr).at(40).picture(500, 123_456, slice, 9).at(80).picture(501, 127_056, idr, 9);
  expect(playing.times(0)).toEqual([0, 80]);
  expect(playing.client.statistics(0)).toMatchObject({ restarts: 1, lost: 0, damagedPictures: 1 });
});

test('sender reports bring the sound to the pictures', () => {
  const playing = new Playing('');
  playing.picture(1, 90_000, idr).at(300).sound(1, 8000);
  expect(playing.times(1)).toEqual([300]);
  playing
    .frame(1, senderReport(1, 1_700_000_000_000, 90_000))
    .frame(3, senderReport(2, 1_700_000_000_000, 7200));
  playing.sound(2, 16_000);
  expect(playing.times(1)).toEqual([300, 1100]);
});

test('receiver reports go out every 5 s with what was lost', () => {
  const playing = new Playing();
  playing.picture(1, 0, idr).picture(5, 7200).at(200);
  playing.frame(1, senderReport(1, 1_700_000_000_000, 0)).at(4999);
  const { length } = playing.written;
  playing.at(5000);
  expect(playing.written).toHaveLength(length + 1);
  const report = playing.written.at(-1)!;
  expect(report.subarray(0, 2).toString('hex')).toBe('2401');
  expect(report.readUInt32BE(12)).toBe(1);
  expect(report[16]).toBe(Math.floor((3 / 5) * 256));
  expect(report.readUIntBE(17, 3)).toBe(3);
  expect(report.readUInt32BE(20)).toBe(5);
  expect(report.readUInt32BE(32)).toBe(Math.round(4.8 * 65_536));
  playing.sound(1, 0).at(10_000);
  expect(playing.written.slice(-2).map((bytes) => bytes[1])).toEqual([1, 3]);
  expect(playing.written.at(-2)![16]).toBe(0);
});

test('the stream has ended when every track has said so, and what is complete comes out', () => {
  const playing = new Playing();
  playing.frame(0, rtpPacket({ sequence: 1, timestamp: 0 }, idr)).sound(1, 0);
  playing.frame(1, bye(1));
  expect(playing.ended).toBeUndefined();
  playing.frame(3, bye(99));
  expect(playing.ended).toBeUndefined();
  playing.frame(3, bye(2));
  expect(playing.ended!.error).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_CLOSED', class: 'retryable' });
  expect(playing.times(0)).toEqual([0]);
});

test('nothing is due after the end, although a packet is still waited for', () => {
  const playing = new Playing();
  playing.picture(1, 0, idr).picture(3, 7200);
  playing.client.disconnected(0);
  expect(playing.ended!.error).toMatchObject({ code: 'ERR_CLOUDPUSH_RTSP_CLOSED' });
  expect(playing.client.nextTick).toBe(Number.POSITIVE_INFINITY);
  playing.client.tick(1e6);
  expect(playing.times(0)).toEqual([0]);
});

test('a track that goes on after its goodbye has not ended', () => {
  const playing = new Playing();
  playing.picture(1, 0, idr).sound(1, 0).frame(1, bye(1)).picture(2, 3600).frame(3, bye(2));
  expect(playing.ended).toBeUndefined();
});

test('a URL that is none is refused at once', () => {
  const error = expect.objectContaining({ code: 'ERR_CLOUDPUSH_RTSP_URL' });
  expect(() => new Playing('', 'http://camera/live')).toThrow(error);
});
