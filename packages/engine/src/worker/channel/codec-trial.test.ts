import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode, type RtmpPublisher } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { CodecTrial } from './codec-trial.js';

const closed = new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'closed');

function header(codec: string): FlvTag {
  const isAudio = codec === 'Opus';
  const body = Buffer.from(`\x90${codec}`, 'latin1');
  const role = isAudio ? TagRole.audioSequenceHeader : TagRole.videoSequenceHeader;
  return new FlvTag(isAudio ? TagType.audio : TagType.video, role, 0, [body], body.length, 0);
}

function server(...fourCcs: string[]): RtmpPublisher {
  return { capabilities: { fourCcs: new Set(fourCcs) } } as unknown as RtmpPublisher;
}

function begun(publisher = server()): CodecTrial {
  const trial = new CodecTrial();
  trial.begin(publisher);
  return trial;
}

test('a codec that was not announced is refused when the server closes right after its header', () => {
  const trial = begun();
  trial.note(header('av01'), 1000);
  trial.note(header('Opus'), 1000);
  expect(trial.end(closed, 1200)).toEqual(['av01', 'Opus']);
});

test('a codec that was announced, or is in a form that every server knows, is never taken for the cause', () => {
  const trial = begun(server('av01'));
  trial.note(header('av01'), 1000);
  const body = Buffer.from([0x17, 0, 0, 0, 0, 1]);
  trial.note(new FlvTag(TagType.video, TagRole.videoSequenceHeader, 0, [body], 6, 0), 1000);
  expect(trial.end(closed, 1001)).toEqual([]);
});

test('a codec that a server has borne for some seconds is taken, also on the next connection', () => {
  const trial = begun();
  trial.note(header('hvc1'), 1000);
  expect(trial.end(closed, 60_000)).toEqual([]);
  trial.begin(server());
  trial.note(header('hvc1'), 60_500);
  expect(trial.end(closed, 60_501)).toEqual([]);
});

test.each([RtmpErrorCode.timeout, RtmpErrorCode.aborted, RtmpErrorCode.streamBusy])(
  'an end that is no server’s close is no refusal: %s',
  (code) => {
    const trial = begun();
    trial.note(header('hvc1'), 0);
    expect(trial.end(new RtmpError(code, 'publishing', 'x'), 1)).toEqual([]);
  },
);

test('one refusal may be chance, and is tried again; the second in a row is the last word', () => {
  const trial = begun();
  const refuse = (): string => {
    trial.begin(server());
    trial.note(header('vp09'), 0);
    const { code, class: errorClass, cause } = trial.refusal(trial.end(closed, 1), closed);
    expect([code, cause]).toEqual(['ERR_CLOUDPUSH_CODEC_REFUSED', closed]);
    return errorClass;
  };
  expect([refuse(), refuse()]).toEqual(['retryable', 'fatal']);
});

test('a header is on trial for three seconds, whenever the connection began', () => {
  const trial = begun();
  trial.note(header('hvc1'), 5000);
  expect(trial.end(closed, 8000)).toEqual(['hvc1']);
  trial.begin(server());
  trial.note(header('hvc1'), 9000);
  expect(trial.end(closed, 12_000.5)).toEqual([]);
});

test('an end that is told twice refuses once, and another connection is not blamed for what went to the one before it', () => {
  const trial = begun();
  trial.note(header('hvc1'), 0);
  expect([trial.end(closed, 1), trial.end(closed, 2)]).toEqual([['hvc1'], []]);
  trial.begin(server());
  trial.note(header('hvc1'), 10);
  trial.begin(server());
  expect(trial.end(closed, 20)).toEqual([]);
});

test('refusals with another end in between are not in a row', () => {
  const trial = begun();
  trial.note(header('vp09'), 0);
  trial.refusal(trial.end(closed, 1), closed);
  trial.begin(server());
  trial.end(closed, 100);
  trial.begin(server());
  trial.note(header('vp09'), 200);
  expect(trial.refusal(trial.end(closed, 201), closed).class).toBe('retryable');
});
