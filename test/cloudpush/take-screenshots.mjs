// Takes the pictures of packages/cloudpush/docs/dashboard.md, of the demo while a server refuses three of
// its streams: node test/cloudpush/take-screenshots.mjs. It needs Debian's Chromium.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const pathOf = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Of the window, in CSS pixels. */
const SIZE = { width: 1280, height: 800 };
/** The last minute should have something to show. */
const PACE_SECONDS = 25;

const folder = pathOf('packages/cloudpush/docs/images');
mkdirSync(folder, { recursive: true });
const args = ['gateway-demo', '--port', '0', '--no-open', '--pace', String(PACE_SECONDS)];
const demo = spawn(process.execPath, [pathOf('packages/cloudpush/bin/cloudpush.js'), ...args]);
const ended = once(demo, 'exit');
let told = '';
demo.stderr.setEncoding('utf8').on('data', (text) => {
  told += text;
});
const executablePath = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const [, url] = await untilTold(/The dashboard: (\S+)/);
  const pages = await Promise.all(
    ['light', 'dark'].map(async (colorScheme) => {
      const page = await browser.newPage({ viewport: SIZE, colorScheme });
      await page.goto(url);
      return { page, path: `${folder}/dashboard-${colorScheme}.png` };
    }),
  );
  await untilTold(/the server refuses them/);
  for (const { page, path } of pages) {
    await page.getByText('3 destinations').first().waitFor();
    await page.screenshot({ path });
  }
} finally {
  await browser.close();
  demo.kill('SIGINT');
  await ended;
}

async function untilTold(pattern) {
  for (;;) {
    const match = pattern.exec(told);
    if (match !== null) return match;
    await once(demo.stderr, 'data');
  }
}
