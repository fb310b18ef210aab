import type { HevcForm } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { Command } from '../../memory/ring.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import { FakePublisher } from '../testing/fake-connection.js';
import { ServerAdmission } from './server-admission.js';

/** A destination that publishes, unless its test says otherwise. */
class FakeDestination {
  readonly server = new FakePublisher();
  isPublishing = true;
  readonly told: string[] = [];

  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }

  get publisher(): RtmpPublisher | undefined {
    return this.isPublishing ? (this.server as unknown as RtmpPublisher) : undefined;
  }

  fallBack(): void {
    this.told.push('fallback');
  }

  onWarning(message: string): void {
    this.told.push(`warning: ${message}`);
  }

  destroy({ message }: Error): void {
    this.told.push(`destroyed: ${message}`);
  }
}

function setUp(count: number, hevcIsGiven = false) {
  const list = Array.from({ length: count }, (_, number) => new FakeDestination(number));
  const destinations = new Map(list.map((one) => [one.number, one]));
  const stream = {
    hevcForm: 'enhanced' as HevcForm,
    convertHevc: (form: HevcForm) => {
      stream.hevcForm = form;
    },
    redescribe: () => undefined,
  };
  return { list, destinations, stream, admission: new ServerAdmission(destinations, stream, hevcIsGiven) };
}

const packet = { flags: 0, bytes: 0, dts: 0, pts: 0, configuration: undefined };
const opus = { ...packet, command: Command.audio, codec: AUDIO_CODECS.indexOf('opus') };
const avc = { ...packet, command: Command.video, codec: VIDEO_CODECS.indexOf('h264') };

test('a codec is a question until servers were asked about it, and the oldest ones never are', () => {
  const { admission } = setUp(1);
  expect([admission.questionOf(avc), admission.questionOf(opus)]).toEqual([undefined, 'Opus']);
  admission.askAll('Opus');
  expect(admission.questionOf(opus)).toBeUndefined();
});

test('every server that publishes is asked, and the destination of one that refuses ends', () => {
  const { admission, list } = setUp(3);
  const [taking, refusing, absent] = list as [FakeDestination, FakeDestination, FakeDestination];
  refusing.server.refuses.add('Opus');
  absent.isPublishing = false;
  admission.askAll('Opus');
  expect(list.map(({ server }) => server.asked)).toEqual([['Opus'], ['Opus'], []]);
  expect(list.map(({ told }) => told)).toEqual([[], ['destroyed: Opus refused'], []]);
  expect(taking.told).toEqual([]);
});

test('a server that comes later is asked about all that were asked about before', () => {
  const { admission, list } = setUp(2);
  const [first, later] = list as [FakeDestination, FakeDestination];
  later.isPublishing = false;
  admission.askAll('Opus');
  admission.askAll('av01');
  later.isPublishing = true;
  later.server.refuses.add('av01');
  admission.onPublishing(later.number, later.publisher!);
  expect(later.server.asked).toEqual(['Opus', 'av01']);
  expect([first.told, later.told]).toEqual([[], ['destroyed: av01 refused']]);
});

test('somebody is publishing as long as one is', () => {
  const { admission, list } = setUp(2);
  list[0]!.isPublishing = false;
  expect(admission.isPublishing).toBe(true);
  list[1]!.isPublishing = false;
  expect(admission.isPublishing).toBe(false);
});

test('the first server decides about the form of H.265, and the user is warned of those that it may not suit', () => {
  const { admission, list, stream } = setUp(2);
  const [first, second] = list as [FakeDestination, FakeDestination];
  stream.hevcForm = 'legacy';
  second.server.profile.enhanced = false;
  admission.askAll('hvc1');
  expect(stream.hevcForm).toBe('enhanced');
  expect(first.told).toEqual([]);
  expect(second.told).toEqual([expect.stringMatching(/^warning: H\.265 goes out in the enhanced form/)]);
});

test('a move is judged by the form in which the stream is, though nobody else publishes', () => {
  const { admission, list, stream } = setUp(1);
  admission.askAll('hvc1');
  stream.hevcForm = 'legacy';
  admission.onMoved(0, list[0]!.publisher!);
  expect(stream.hevcForm).toBe('legacy');
  admission.onPublishing(0, list[0]!.publisher!);
  expect(stream.hevcForm).toBe('enhanced');
});

test('all destinations fall back when the only one that publishes asks for it, and none when another does', () => {
  const { admission, list, stream } = setUp(2);
  admission.askAll('hvc1');
  expect(admission.fallBack(0, list[0]!.publisher!)).toBe(false);
  expect(list.map(({ told }) => told)).toEqual([[], []]);
  list[1]!.isPublishing = false;
  expect(admission.fallBack(0, list[0]!.publisher!)).toBe(true);
  expect(stream.hevcForm).toBe('legacy');
  expect(list.map(({ told }) => told)).toEqual([['fallback'], ['fallback']]);
});
