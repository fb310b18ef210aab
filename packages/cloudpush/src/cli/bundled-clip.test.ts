import { openSource, readClip } from '@cloudpush/engine/sources';
import { expect, test } from 'vitest';
import { BUNDLED_CLIP } from './bundled-clip.js';

test('the bundled clip is 80 pictures and 150 audio frames, which end together', async () => {
  const source = await openSource(BUNDLED_CLIP);
  expect(source).toMatchObject({ video: 'h264', audio: 'aac', duration: 3200, notices: [] });
  const packets = await readClip(source.open());
  expect(packets.filter(({ kind }) => kind === 'video')).toHaveLength(80);
  expect(packets.filter(({ kind }) => kind === 'audio')).toHaveLength(150);
});
