import { METRICS, type Report, type Result } from '../model.js';
import { escaped } from './escape.js';
import { describeRun, figuresOf, pictureName } from './figures.js';
import { THEMES } from './theme.js';

const [LIGHT, DARK] = THEMES as [(typeof THEMES)[number], (typeof THEMES)[number]];

/** The report as a page, with its pictures beside it; it needs no script. */
export function renderPage(report: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>cloudpush: measurements</title>
<style>
${style()}
</style>
</head>
<body>
<h1>Measurements</h1>
<p>${escaped(describeRun(report))}</p>
<nav><ul>${report.results.map(({ id, title }) => `<li><a href="#${id}">${escaped(title)}</a></li>`).join('')}</ul></nav>
${report.results.map(section).join('\n')}
</body>
</html>
`;
}

function style(): string {
  return `:root { color-scheme: light dark; --text: ${LIGHT.text}; --faint: ${LIGHT.faint}; --page: ${LIGHT.background}; }
@media (prefers-color-scheme: dark) { :root { --text: ${DARK.text}; --faint: ${DARK.faint}; --page: ${DARK.background}; } }
body { background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h2 { border-top: 1px solid var(--faint); margin-top: 3rem; padding-top: 1.5rem; }
figure { margin: 1.5rem 0; }
img { display: block; height: auto; max-width: 100%; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { border-bottom: 1px solid var(--faint); padding: 0.3rem 0.7rem; text-align: right; vertical-align: bottom; }
th { max-width: 9rem; white-space: normal; }
td:nth-child(2) { text-align: left; }`;
}

function section(result: Result): string {
  const { id, title, question, main, reference, pictures } = result;
  const beside = `The ratio is that of “${METRICS[main].label}” to “${reference}” in the same round.`;
  return `<section id="${id}">
<h2>${escaped(title)}</h2>
<p>${escaped(`${question} ${beside}`)}</p>
${pictures.map((metric) => figure(result, metric)).join('\n')}
${table(result)}
</section>`;
}

function figure({ id, title }: Result, metric: Result['main']): string {
  const file = (theme: string): string => pictureName(id, metric, theme);
  const alt = escaped(`${title}: ${METRICS[metric].label}`);
  return `<figure><picture><source media="(prefers-color-scheme: dark)" srcset="${file('dark')}"><img alt="${alt}" src="${file('light')}"></picture></figure>`;
}

function table(result: Result): string {
  const { header, rows } = figuresOf(result);
  const head = header.map((cell) => `<th>${escaped(cell)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`)
    .join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
