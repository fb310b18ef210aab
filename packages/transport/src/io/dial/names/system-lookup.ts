import { type ChildProcess, spawn } from 'node:child_process';
import { waitFor } from '../../common/wait.js';
import { type Address, type Found, notFound } from './address.js';

/** Of one lookup, in ms, with the start of the process that makes it. */
const TIMEOUT = 2500;
/** At a time, in one thread: each is a process of some 40 MB. */
const MAX_RUNNING = 2;
/** The system does not say for how long its answers hold, in ms. */
const TTL = 30_000;

/** Ends with its parent, whatever its own lookup does. */
const SCRIPT = `
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).on('error', () => {}).resume();
require('node:dns').lookup(process.argv[1], { all: true }, (error, addresses) => {
  process.stdout.write(JSON.stringify(error ? { code: error.code } : { addresses }), () => process.exit());
});`;

/** Those whose turn it is not yet, oldest first. */
const waiting = new Set<() => void>();
let running = 0;

/**
 * Asks the system's own resolver, which knows more than DNS: search domains, mDNS, directories. It asks in a
 * process of its own, because a `getaddrinfo` that hangs can be given up in no other way, and holds up files,
 * and the end of this process, until it returns.
 */
export async function systemLookup(name: string, signal: AbortSignal): Promise<Found> {
  await turn(signal);
  try {
    signal.throwIfAborted();
    return { addresses: await lookUp(name, signal), ttl: TTL };
  } finally {
    running--;
    admit();
  }
}

/** Resolves when it is this lookup's turn, which it then has taken. */
async function turn(signal: AbortSignal): Promise<void> {
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  waiting.add(begin);
  admit();
  try {
    await waitFor(begun, { signal });
  } catch (error) {
    // The turn may have come in the same moment as the abort: it goes to the next.
    if (!waiting.delete(begin)) running--;
    admit();
    throw error;
  }
}

function admit(): void {
  for (const begin of waiting) {
    if (running >= MAX_RUNNING) return;
    running++;
    waiting.delete(begin);
    begin();
  }
}

async function lookUp(name: string, signal: AbortSignal): Promise<readonly Address[]> {
  const child = start(name);
  const stop = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(stop, TIMEOUT);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const output = await outputOf(child);
    signal.throwIfAborted();
    if (output === '') throw notFound(name, 'ETIMEOUT');
    const { addresses, code }: { addresses?: readonly Address[]; code?: string } = JSON.parse(output);
    if (addresses === undefined || addresses.length === 0) throw notFound(name, code);
    return addresses;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function start(name: string): ChildProcess {
  // Behind '--', a name such as --inspect, which a server may redirect to, is none of Node's options.
  return spawn(process.execPath, ['-e', SCRIPT, '--', name], {
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
    env: { ...process.env, NODE_OPTIONS: '', ELECTRON_RUN_AS_NODE: '1' },
  });
}

/** Resolves with all that the process has written, when it is gone. */
function outputOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    child.stdin?.on('error', () => undefined); // it may be gone before its input is closed
    child.on('error', reject).on('close', () => resolve(text));
  });
}
