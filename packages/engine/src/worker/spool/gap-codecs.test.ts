import { TagType } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { FakePublisher } from '../testing/fake-connection.js';
import { SpoolBench } from '../testing/spool-bench.js';

const PICTURES = 12;

/** The bench of a process whose predecessor has left a gap of H.265 in a form; it has no H.265 of its own. */
async function afterRestart(form: 'legacy' | 'enhanced'): Promise<SpoolBench> {
  const earlier = new SpoolBench(
    { resume: 'keep', when: 'always' },
    {},
    form === 'enhanced' ? 'hvc1' : 'codec id 12',
  );
  await earlier.settle();
  await earlier.publish();
  await earlier.send(PICTURES);
  earlier.destination.destroy(new Error('the process ends'));
  await earlier.shard.connections.latest.lose(new RtmpError(RtmpErrorCode.aborted, 'publishing', 'closed'));
  await earlier.pass(500);
  expect(earlier.files.length).toBeGreaterThan(0);
  const bench = new SpoolBench({}, {}, true, earlier.disk);
  bench.admission.isDecided = false;
  await bench.settle();
  await bench.publish();
  await bench.send(4);
  return bench;
}

/** The next connection of the gap: its server answers as `publisher` does. */
async function gapTo(bench: SpoolBench, publisher: FakePublisher): Promise<FakePublisher> {
  const { made } = bench.shard.connections;
  for (let i = 0; made.at(-1)!.publisher !== undefined && i < 100; i++) await bench.send(1);
  await made.at(-1)!.succeed(publisher);
  await bench.settle();
  return publisher;
}

/** The codec ids of all video tags: 12, or Enhanced RTMP. */
function formsOn({ sent }: FakePublisher): string[] {
  const video = sent.filter(({ type }) => type === TagType.video);
  return [
    ...new Set(video.map(({ parts }) => (parts[0]![0]! >= 0x80 ? 'enhanced' : `id ${parts[0]![0]! & 15}`))),
  ];
}

test.each([
  ['legacy', true, 'enhanced'],
  ['legacy', false, 'id 12'],
  ['enhanced', true, 'enhanced'],
  ['enhanced', false, 'id 12'],
] as const)(
  'what an earlier process left in the %s form goes to a server in that which it takes (enhanced: %s)',
  async (form, takesEnhanced, expected) => {
    const bench = await afterRestart(form);
    const gap = await gapTo(bench, Object.assign(new FakePublisher(), { takesEnhanced }));
    await bench.send(24);
    expect(bench.sentOn(gap)).toHaveLength(PICTURES);
    expect(formsOn(gap)).toEqual([expected]);
  },
);

test('the form that the stream has, or that was asked for, is that of what an earlier process left', async () => {
  for (const hevcForm of ['legacy', 'enhanced'] as const) {
    const bench = await afterRestart('enhanced');
    Object.assign(bench.admission, { isDecided: true, hevcForm });
    const gap = await gapTo(bench, new FakePublisher());
    await bench.send(24);
    expect(formsOn(gap)).toEqual([hevcForm === 'legacy' ? 'id 12' : 'enhanced']);
    expect(gap.asked).toEqual([]);
  }
});

test('a server that takes no H.265 is not sent any: that is told, and the gap stays', async () => {
  const bench = await afterRestart('legacy');
  const publisher = new FakePublisher();
  publisher.refuses.add('hvc1');
  await gapTo(bench, publisher);
  expect(publisher.sent).toEqual([]);
  expect(bench.shard.of('warning').map(({ message }) => message)).toEqual([
    'a gap could not be sent, and stays on disk until it can: hvc1 refused',
  ]);
  expect(bench.files.length).toBeGreaterThan(0);
});

test('a server that closes on the enhanced form is sent the older one next, and then the other one again', async () => {
  const bench = await afterRestart('enhanced');
  const tried: string[][] = [];
  for (let i = 0; i < 3; i++) {
    const gap = await gapTo(bench, new FakePublisher());
    tried.push(formsOn(gap));
    const error = new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'closed');
    if (i === 1) await bench.pass(4000);
    await bench.shard.connections.latest.lose(error);
    await bench.pass(100);
  }
  expect(tried).toEqual([['enhanced'], ['id 12'], ['enhanced']]);
  expect(bench.shard.of('warning')[0]!.message).toContain(
    'closed the connection on the first header of hvc1',
  );
  expect(bench.shard.of('warning')[1]!.message).not.toContain('hvc1');
});
