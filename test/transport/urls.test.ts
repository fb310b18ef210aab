import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TestPublisher } from './support/publish.js';
import { TestReceiver } from './support/receive.js';

interface Told {
  readonly app: string;
  readonly tcUrl: string;
  readonly name: string;
}

/** The fields that ffmpeg sends a server for a URL: made by `vectors/urls.mjs`. */
const recorded: readonly (Told & { readonly path: string })[] = JSON.parse(
  readFileSync(new URL('vectors/ffmpeg-urls.json', import.meta.url), 'utf8'),
);

/** Decisions of ours that differ, and why. */
const OURS: Readonly<Record<string, Told>> = {
  // ffmpeg ends the app at the last slash but one, even in a token: here the app is the first segment.
  '/live/camera?token=a/b+c%2F==': {
    app: 'live',
    tcUrl: 'rtmp://HOST/live',
    name: 'camera?token=a/b+c%2F==',
  },
  '/live/camera/1700000000': { app: 'live', tcUrl: 'rtmp://HOST/live', name: 'camera/1700000000' },
  // ffmpeg rewrites names that look like files of a Flash server: here they are as they are typed.
  '/live/camera.flv': { app: 'live', tcUrl: 'rtmp://HOST/live', name: 'camera.flv' },
  '/live/camera.mp4': { app: 'live', tcUrl: 'rtmp://HOST/live', name: 'camera.mp4' },
};

/** The fields that the server is sent for a URL. */
async function told(receiver: TestReceiver, path: string): Promise<Told> {
  const base = receiver.url('');
  const { publisher } = await TestPublisher.connect({ url: `${base.slice(0, -1)}${path}` });
  const { connectRequest, streamName, query } = receiver.received.at(-1)!.stream;
  await publisher.close();
  const tcUrl = connectRequest.tcUrl.replace(new URL(base.replace('rtmp', 'http')).host, 'HOST');
  return { app: connectRequest.app, tcUrl, name: query === '' ? streamName : `${streamName}?${query}` };
}

describe('a push URL', () => {
  test.each(recorded)(
    '$path is told to the server as ffmpeg tells it, or as is decided',
    async ({ path, ...theirs }) => {
      await using receiver = await TestReceiver.listen();
      expect(await told(receiver, path)).toEqual(OURS[path] ?? theirs);
    },
  );

  test('differs from what ffmpeg tells only where that is decided', () => {
    const paths = recorded.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(Object.keys(OURS)));
    for (const { path, ...theirs } of recorded) if (path in OURS) expect(OURS[path]).not.toEqual(theirs);
  });
});
