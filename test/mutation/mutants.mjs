// The small faults that are put into a source text, one at a time.

const SWAPS = [
  [' < ', ' <= '],
  [' <= ', ' < '],
  [' > ', ' >= '],
  [' >= ', ' > '],
  [' === ', ' !== '],
  [' !== ', ' === '],
  [' && ', ' || '],
  [' || ', ' && '],
  [' + ', ' - '],
  [' - ', ' + '],
  [' * ', ' / '],
  [' / ', ' * '],
  [' += ', ' -= '],
  [' -= ', ' += '],
  ['++', '--'],
  ['--', '++'],
  [' ??= ', ' = '],
  ['(!', '('],
  [' !', ' '],
  ['Math.max(', 'Math.min('],
  ['Math.min(', 'Math.max('],
  ['Math.ceil(', 'Math.floor('],
  ['Math.floor(', 'Math.ceil('],
  [' true', ' false'],
  [' false', ' true'],
];

/** A line that is one statement, and could be left out. */
const STATEMENT =
  /^( {4,})(?!return\b|throw\b|const\b|let\b|type\b|readonly\b|case\b|default\b|break\b|\})[^:]*;$/;

/**
 * @param {string} source the text of a TypeScript module, formatted as this project's are
 * @returns {{ line: number, what: string, text: string }[]} what is changed where, and the whole text with the change
 */
export function mutantsOf(source) {
  const code = withoutProse(source);
  const mutants = [];
  const add = (from, to, replacement, what) => {
    const line = code.slice(0, from).split('\n').length;
    mutants.push({ line, what, text: source.slice(0, from) + replacement + source.slice(to) });
  };
  for (const [from, to] of SWAPS) {
    for (let at = code.indexOf(from); at >= 0; at = code.indexOf(from, at + 1)) {
      // A generic type's brackets, a type's alternatives and a non-null assertion are no operators.
      if (from === ' !' && code[at + 2] === '=') continue;
      add(at, at + from.length, to, `${from.trim()} becomes ${to.trim() === '' ? 'nothing' : to.trim()}`);
    }
  }
  for (const { index } of code.matchAll(/\b(?:if|while) \(/g)) {
    const open = code.indexOf('(', index);
    const close = matching(code, open);
    for (const value of code.startsWith('if', index) ? ['true', 'false'] : ['false'])
      add(open + 1, close, value, `${source.slice(open, close + 1)} becomes ${value}`);
  }
  let start = 0;
  for (const line of code.split('\n')) {
    if (STATEMENT.test(line))
      add(start, start + line.length, '', `without ${source.slice(start, start + line.length).trim()}`);
    start += line.length + 1;
  }
  return mutants.sort((a, b) => a.line - b.line);
}

/** The text with blanks for comments, strings and imports: places stay where they are. */
function withoutProse(source) {
  const blank = (text) => text.replace(/[^\n]/g, '_');
  return source
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/\/\/.*$/gm, blank)
    .replace(/^(?:import|export) (?:type )?\{[\s\S]*?;$|^import .*$/gm, blank)
    .replace(/'[^'\n]*'|`[^`]*`/g, blank);
}

/** Offset at which the bracket that opens at `open` closes. */
function matching(code, open) {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '(') depth++;
    else if (code[at] === ')' && --depth === 0) return at;
  }
  return code.length;
}
