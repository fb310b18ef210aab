/** State of the page that stands in its address, behind the `#`: nothing secret. */
export interface PageLocation {
  readonly filter: string;
  /** The channel that is looked at; undefined: the list. */
  readonly channel: string | undefined;
}

/** Reads `#channel=gate&filter=state%3Aoffline`; what it does not know it leaves out. */
export function parseLocation(hash: string): PageLocation {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  return { filter: parameters.get('filter') ?? '', channel: parameters.get('channel') || undefined };
}

/** The other way round; `#` alone where nothing is to be said. */
export function formatLocation({ filter, channel }: PageLocation): string {
  const parameters = new URLSearchParams();
  if (channel !== undefined) parameters.set('channel', channel);
  if (filter !== '') parameters.set('filter', filter);
  return `#${parameters}`;
}
