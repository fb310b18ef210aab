import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  Lexer,
  type LineCounter,
  Parser,
  visit,
  type YAMLMap,
  YAMLParseError,
} from 'yaml';

/**
 * Deeper than any configuration is. Beyond some thousand levels the YAML library, which goes down by
 * recursion, ends the process.
 */
const MAX_DEPTH = 64;

/** Keys are compared here, in linear time: the library compares each with all others. */
const OPTIONS = { prettyErrors: false, merge: true, stringKeys: true, uniqueKeys: false } as const;

/**
 * Reads a text of any kind as one YAML document, in time that grows with its length and no faster.
 * @param lines told where lines begin
 * @throws YAMLParseError when collections are nested more than 64 levels deep; other faults are in `errors`
 */
export function readYaml(text: string, lines?: LineCounter): Document.Parsed {
  const [document, second] = new Composer(OPTIONS).compose(shallowTokens(text, lines), true, text.length);
  // The composer was told to give one even for an empty text.
  const first = document as Document.Parsed;
  if (second !== undefined) {
    const [start] = second.range;
    const message = 'a second document begins here; only one is read';
    first.errors.push(new YAMLParseError([start, start + 1], 'MULTIPLE_DOCS', message));
  }
  addFaults(first);
  return first;
}

function* shallowTokens(text: string, lines: LineCounter | undefined) {
  const parser = new Parser(lines?.addNewLine);
  lines?.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > MAX_DEPTH) {
      const message = `collections are nested more than ${MAX_DEPTH} levels deep`;
      throw new YAMLParseError([parser.offset, parser.offset + 1], 'IMPOSSIBLE', message);
    }
  }
  yield* parser.end();
}

/**
 * Faults that the library finds in quadratic time, or tells with the text itself, which may be a password
 * without quotes.
 */
function addFaults(document: Document.Parsed): void {
  const anchors = new Set<string>();
  visit(document, (_, node) => {
    if (isAlias(node)) {
      if (!anchors.has(node.source)) document.errors.push(unknownAlias(node));
    } else if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
      anchors.add(node.anchor);
    }
    if (isMap(node)) document.errors.push(...duplicates(node));
  });
}

function unknownAlias({ range }: Alias): YAMLParseError {
  const message = 'a text that begins with * needs quotes; an alias needs its anchor (&name) before it';
  const [start] = range ?? [0];
  return new YAMLParseError([start, start + 1], 'BAD_ALIAS', message);
}

function* duplicates({ items }: YAMLMap): Generator<YAMLParseError> {
  const seen = new Set<string>();
  for (const { key } of items) {
    // Merge keys may stand there more than once.
    if (!isScalar(key) || key.value === '<<') continue;
    const name = String(key.value);
    const [start, end] = key.range ?? [0, 1];
    if (seen.has(name)) yield new YAMLParseError([start, end], 'DUPLICATE_KEY', 'Map keys must be unique');
    seen.add(name);
  }
}
