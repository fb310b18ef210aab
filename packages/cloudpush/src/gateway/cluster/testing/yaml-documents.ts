import { parseAllDocuments as parse } from 'yaml';

/** As much of a Kubernetes object as tests look at. */
interface ManifestDocument {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The documents of a YAML stream. @throws Error when one is at fault */
export function parseAllDocuments(text: string): readonly ManifestDocument[] {
  return parse(text).map((document) => {
    const [fault] = document.errors;
    if (fault !== undefined) throw fault;
    return document.toJS() as ManifestDocument;
  });
}
