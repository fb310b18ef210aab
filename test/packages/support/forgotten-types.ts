import ts from 'typescript-5.6';

/**
 * Names of our own types that the public declarations of some entry points refer to, and that none of these
 * exports: who wants to write one down could not.
 */
export function forgottenTypes(program: ts.Program, entries: readonly string[]): string[] {
  const checker = program.getTypeChecker();
  const followed = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exported = new Set(entries.flatMap((entry) => exportsOf(program, entry)).map(followed));
  const forgotten = new Set<string>();

  function visit(node: ts.Node): void {
    const name = referredName(node);
    const symbol = name && checker.getSymbolAtLocation(name);
    const target = symbol && followed(symbol);
    if (target !== undefined && !exported.has(target) && isOurs(target))
      forgotten.add(`${target.name} (${placeOf(node)})`);
    ts.forEachChild(node, visit);
  }

  for (const symbol of exported)
    for (const declaration of symbol.declarations ?? []) if (isOursAt(declaration)) visit(declaration);
  return [...forgotten].sort();
}

function exportsOf(program: ts.Program, entry: string): ts.Symbol[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} is not a module`);
  return checker.getExportsOfModule(module);
}

/** References of a type to another by its name: `Name`, `Name<…>`, `extends Name`. */
function referredName(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  if (ts.isExpressionWithTypeArguments(node)) return node.expression;
  return undefined;
}

function isOurs(symbol: ts.Symbol): boolean {
  const [declaration] = symbol.declarations ?? [];
  // A type parameter belongs to the declaration that it stands in.
  return declaration !== undefined && !ts.isTypeParameterDeclaration(declaration) && isOursAt(declaration);
}

function isOursAt(declaration: ts.Node): boolean {
  return /\/store\/(muxer|transport|engine)\/dist\//.test(declaration.getSourceFile().fileName);
}

function placeOf(node: ts.Node): string {
  const { fileName } = node.getSourceFile();
  return fileName.replace(/^.*\/store\//, '');
}
