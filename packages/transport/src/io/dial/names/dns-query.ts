import { Resolver } from 'node:dns/promises';
import { type Address, type Found, notFound } from './address.js';

/** Of one question to one server, in ms; the second try waits twice as long. */
const TIMEOUT = 2000;
const TRIES = 2;
/**
 * Time that the addresses of one family wait for those of the other, in ms (RFC 8305 §3 asks for 50, which a
 * far resolver misses).
 */
const GRACE = 200;

interface Answer {
  readonly addresses: readonly Address[];
  /** In seconds. */
  readonly ttl: number;
  readonly error?: NodeJS.ErrnoException;
}

/**
 * Asks the DNS servers of the system for both families at once, on sockets of our own: unlike `getaddrinfo`,
 * which holds one of the process's few worker threads until it has an answer, a question that nobody answers
 * is in nobody's way.
 * @param servers instead of the system's
 */
export async function queryDns(
  name: string,
  signal: AbortSignal,
  servers?: readonly string[],
): Promise<Found> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: TIMEOUT, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answers = await bothOrOne(ask(resolver, name, 4), ask(resolver, name, 6));
    signal.throwIfAborted();
    const found = answers.filter(({ addresses }) => addresses.length > 0);
    // A name that has no address of either family does not exist for us.
    if (found.length === 0) throw reasonOf(answers) ?? notFound(name);
    return {
      addresses: found.flatMap(({ addresses }) => addresses),
      ttl: Math.min(...found.map(({ ttl }) => ttl)) * 1000,
    };
  } finally {
    signal.removeEventListener('abort', cancel);
    resolver.cancel();
  }
}

async function ask(resolver: Resolver, name: string, family: 4 | 6): Promise<Answer> {
  try {
    const records = await (family === 4
      ? resolver.resolve4(name, { ttl: true })
      : resolver.resolve6(name, { ttl: true }));
    const addresses = records.map(({ address }) => ({ address, family }));
    return { addresses, ttl: Math.min(...records.map(({ ttl }) => ttl)) };
  } catch (error) {
    return { addresses: [], ttl: 0, error: error as NodeJS.ErrnoException };
  }
}

/** IPv4 first. The answer for one family does not wait long for that for the other. */
async function bothOrOne(...questions: [Promise<Answer>, Promise<Answer>]): Promise<readonly Answer[]> {
  const arrived: Answer[] = [];
  let timer: NodeJS.Timeout | undefined;
  const first = new Promise<readonly Answer[]>((resolve) => {
    questions.forEach((question, index) => {
      void question.then((answer) => {
        arrived[index] = answer;
        if (answer.addresses.length > 0) timer ??= setTimeout(() => resolve(arrived.filter(Boolean)), GRACE);
      });
    });
  });
  try {
    return await Promise.race([Promise.all(questions), first]);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(answers: readonly Answer[]): NodeJS.ErrnoException | undefined {
  const errors = answers.flatMap(({ error }) => (error === undefined ? [] : [error]));
  // That there is no record of one family says less than what went wrong with the other.
  return errors.find(({ code }) => code !== 'ENODATA');
}
