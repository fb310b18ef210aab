import { fileURLToPath } from 'node:url';
import { openSource, readClip } from '@cloudpush/engine/sources';
import { expect, test } from 'vitest';

test('the bundled clip is 80 pictures and 150 audio frames, which end together', async () => {
  const files = ['clip.h264', 'clip.aac'].map((name) =>
    fileURLToPath(new URL(`../../../../assets/${name}`, import.meta.url)),
  );
  const source = await openSource(files);
  expect(source).toMatchObject({ video: 'h264', audio: 'aac', duration: 3200, notices: [] });
  const packets = await readClip(source.open());
  expect(packets.filter(({ kind }) => kind === 'video')).toHaveLength(80);
  expect(packets.filter(({ kind }) => kind === 'audio')).toHaveLength(150);
});
