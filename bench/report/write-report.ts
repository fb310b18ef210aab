import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from './model.js';
import { drawChart } from './render/chart.js';
import { pictureName } from './render/figures.js';
import { renderMarkdown } from './render/markdown.js';
import { renderPage } from './render/page.js';
import { THEMES } from './render/theme.js';

/**
 * Writes a report into a folder: `report.json`, `report.md`, `index.html`, and a picture a metric and theme.
 */
export async function writeReport(folder: string, report: Report): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Pictures of an earlier run may be of experiments that are not there any more.
  for (const name of await readdir(folder)) if (name.endsWith('.svg')) await rm(join(folder, name));
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 1)}\n`);
  await writeFile(join(folder, 'report.md'), renderMarkdown(report));
  await writeFile(join(folder, 'index.html'), renderPage(report));
  for (const result of report.results) {
    for (const metric of result.pictures) {
      if (!result.entries.some(({ samples }) => samples.some((sample) => sample[metric] !== undefined)))
        continue;
      for (const theme of THEMES)
        await writeFile(
          join(folder, pictureName(result.id, metric, theme.name)),
          drawChart(result, metric, theme),
        );
    }
  }
}
