import { markdownTable } from '../../support/markdown.js';
import { METRICS, type Report, type Result } from '../model.js';
import { describeRun, figuresOf, pictureName } from './figures.js';

/** The report as Markdown, with its pictures beside it. */
export function renderMarkdown(report: Report): string {
  const parts = report.results.map((result) => section(result));
  return `# Measurements\n\n${describeRun(report)}\n\n${parts.join('\n')}`;
}

function section(result: Result): string {
  const pictures = result.pictures.map((metric) => {
    const file = (theme: string): string => pictureName(result.id, metric, theme);
    return (
      `<picture><source media="(prefers-color-scheme: dark)" srcset="${file('dark')}">` +
      `<img alt="${METRICS[metric].label}" src="${file('light')}"></picture>\n`
    );
  });
  const { header, rows } = figuresOf(result);
  const beside = `The ratio is that of ${METRICS[result.main].label} to *${result.reference}*, in the same round.`;
  return [
    `## ${result.title}\n`,
    `${result.question} ${beside}\n`,
    ...pictures,
    `${markdownTable(header, rows)}\n`,
  ].join('\n');
}
