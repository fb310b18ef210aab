import { readFile } from 'node:fs/promises';

const docs = new URL('../../../packages/cloudpush/docs/', import.meta.url);

/** A page of the documentation of the gateway. */
export function guidePage(name: string): Promise<string> {
  return readFile(new URL(name, docs), 'utf8');
}

/** The blocks of a language of a page, in their order. */
export async function guideBlocks(name: string, language: string): Promise<string[]> {
  const blocks = (await guidePage(name)).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, of, text]) => (of === language ? [text!] : []));
}

/** Each whole configuration of the guide for operators. */
export async function guideConfigurations(): Promise<string[]> {
  return (await guideBlocks('gateway.md', 'yaml')).filter((text) => text.includes('version: 1'));
}
