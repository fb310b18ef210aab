import type { AudioTrackReport, FileReport } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { reportText } from './report-text.js';

const none = { count: 0, list: [] };

const AUDIO: AudioTrackReport = {
  kind: 'audio',
  trackId: 2,
  form: 'enhanced',
  configuration: {
    codec: 'opus',
    sampleRate: 44_100,
    channels: 1,
    sampleSize: 16,
    objectType: undefined,
    samplesPerFrame: undefined,
  },
  configurationChanges: none,
  samples: 12_345,
  bytes: 2_000_000,
  bitRate: { mean: 64_400, peak: 70_000 },
  timestamps: {
    clock: 'file',
    first: 80,
    last: 2_085,
    duration: 2_026.3,
    interval: { min: 21, mean: 21.33, max: 1_500 },
    compositionOffset: { min: 0, max: 0 },
    stepsBack: { count: 0, list: [] },
    gaps: { threshold: 1000, longest: 1_500, count: 1, list: [{ offset: 123_456, at: 500, length: 1_500 }] },
  },
  endsOfSequence: 0,
};

const REPORT: FileReport = {
  version: 1,
  path: 'a.flv',
  size: 2_500_000,
  format: 'flv',
  intact: false,
  duration: 2_026.3,
  tracks: [AUDIO],
  metadata: none,
  events: { ...none, byName: {} },
  damage: {
    count: 30,
    list: Array.from({ length: 30 }, (_, i) => ({
      offset: 1000 * i,
      code: 'ERR_CLOUDPUSH_AMF',
      message: `damage ${i}`,
    })),
  },
  notices: ['something is odd'],
};

test('what there is, is told in tables; what there is not, is left out', () => {
  const text = reportText(REPORT);
  expect(text).toMatch(/^a\.flv: FLV, 2\.5 MB, 2\.026 s, damaged in 30 places\n/);
  expect(text).toMatch(
    /│ audio 2 │ Opus +│ 44\.1 kHz, 1 channel │ enhanced │ +12,345 │ 2\.0 MB │ +64 │ +70 │/,
  );
  expect(text).toMatch(/│ audio 2 │ 0\.080 s │ 2\.085 s │ 2\.026 s +│ 21 … 1500 \(21\.3\) │/);
  expect(text).toMatch(/│ audio 2 │ 0\.500 s │ 123,456 │ nothing for 1\.500 s │/);
  expect(text).toContain('  notice  something is odd');
  for (const title of ['Pictures', 'Events', 'onMetaData', 'Changes', 'Encryption']) {
    expect(text).not.toContain(title);
  }
});

test('long lists are cut', () => {
  const text = reportText(REPORT);
  expect(text).toContain('damage 19 [ERR_CLOUDPUSH_AMF]');
  expect(text).not.toContain('damage 20');
  expect(text).toContain('  10 more lines not shown, see --json');
});

test('words of a file stay in their line, and are no longer than a line may be', () => {
  const message = { offset: 13, at: 0, name: 'onMetaData', values: [{ encoder: `a\nb${'x'.repeat(200)}` }] };
  const event = { offset: 99, at: 40, name: 'on\nEvent', values: ['y'.repeat(200)] };
  const text = reportText({
    ...REPORT,
    metadata: { count: 3, list: [message] },
    events: { count: 1, list: [event], byName: { 'on\nEvent': 1 } },
  });
  expect(text).toMatch(/ {2}encoder {2}a bx{76}…\n {2}\(the first of 3\)/);
  expect(text).toMatch(/│ on Event │ "y{98}…/);
});
