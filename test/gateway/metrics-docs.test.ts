import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { channelInfo } from '../../packages/cloudpush/dist/gateway/metrics/channel-info.js';
import { metricFamilies } from '../../packages/cloudpush/dist/gateway/metrics/metric-families.js';

const docs = new URL('../../packages/cloudpush/docs/', import.meta.url);
const families = [...metricFamilies, { ...channelInfo, labels: [...channelInfo.labels, 'label_…'] }];
const names = new Set(families.map(({ name }) => name));

/** The metrics that a text speaks of. A summary's series have endings of their own. */
function metricsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:cloudpush|process)_[a-z_]*[a-z]\b/g)].map(([name]) =>
    name.replace(/^(cloudpush_send_latency_seconds)_count$/, '$1'),
  );
}

test('the table of the documentation holds every metric as it is', async () => {
  const text = await readFile(new URL('metrics.md', docs), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => /^\| `(cloudpush|process)_\w+` +\| (counter|gauge|summary)/.test(line))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
  const expected = families.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  expect(rows).toEqual(expected);
});

test.each(['metrics.md', 'examples/grafana.json'])('%s speaks of metrics that exist', async (file) => {
  const found = metricsIn(await readFile(new URL(file, docs), 'utf8'));
  expect(found.length).toBeGreaterThan(10);
  expect(found.filter((name) => !names.has(name))).toEqual([]);
});

test('the dashboard for Grafana uses labels that the metrics have', async () => {
  const dashboard = JSON.parse(await readFile(new URL('examples/grafana.json', docs), 'utf8'));
  const expressions: string[] = dashboard.panels.flatMap((panel: { targets?: { expr: string }[] }) =>
    (panel.targets ?? []).map(({ expr }) => expr),
  );
  expect(expressions.length).toBeGreaterThan(10);
  const labels = new Set(families.flatMap((family) => family.labels));
  for (const expression of expressions) {
    const used = [...expression.matchAll(/by \(([^)]*)\)|(\w+)=~?"/g)].flatMap(([, list, label]) =>
      list === undefined ? [label!] : list.split(/, */),
    );
    expect(used.filter((label) => !labels.has(label) && label !== 'job' && label !== 'instance')).toEqual([]);
  }
});

test('the dashboard for Grafana has panels with ids of their own, on its chosen data source', async () => {
  const { panels, templating, uid } = JSON.parse(
    await readFile(new URL('examples/grafana.json', docs), 'utf8'),
  );
  expect(uid).toBe('cloudpush-gateway');
  expect(new Set(panels.map(({ id }: { id: number }) => id)).size).toBe(panels.length);
  expect(templating.list.map(({ name }: { name: string }) => name)).toContain('datasource');
  for (const panel of panels) {
    if (panel.type !== 'row') expect(panel.datasource.uid).toMatch(/^\$\{datasource\}$/);
    expect(panel.title).not.toBe('');
  }
});
