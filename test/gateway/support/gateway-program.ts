import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import {
  type Answer,
  ask,
  type RequestOptions,
} from '../../../packages/cloudpush/dist/gateway/http/testing/ask.js';
import type { ChannelState } from '../../../packages/cloudpush/dist/gateway/state.js';
import { COMMAND } from '../../support/cloudpush.js';
import { ChildProgram, type ProcessExit } from '../../support/process.js';
import type { TempFolder } from '../../support/temp.js';
import { waitFor } from '../../support/wait.js';

const STATE_TIMEOUT_MS = 30_000;
/** Several that start at a time on a busy machine may take so long. */
const START_TIMEOUT_MS = 90_000;
/** State of a listening socket in /proc/net/tcp. */
const TCP_LISTEN = '0A';

/** Where a gateway runs. */
interface ProgramPlace {
  /** Begins its command, as `ip netns exec NAME` does; default: nothing. */
  readonly within?: readonly string[];
  /** Its API asks for that token. */
  readonly token?: string | undefined;
}

/** `cloudpush gateway FILE` as its users run it. */
export class GatewayProgram implements AsyncDisposable {
  readonly path: string;
  readonly program: ChildProgram;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(path: string, environment: NodeJS.ProcessEnv, command: string, place: ProgramPlace) {
    this.path = path;
    const [first, ...args] = [...(place.within ?? []), process.execPath, command, 'gateway', path];
    this.program = new ChildProgram(first!, args, { env: { ...process.env, ...environment } });
    this.#headers = place.token === undefined ? {} : { authorization: `Bearer ${place.token}` };
  }

  /**
   * Writes a configuration into the folder, and starts a gateway with it; one thread carries the few channels
   * of a test.
   */
  static async start(
    folder: TempFolder,
    text: string,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<GatewayProgram> {
    const path = folder.file('gateway.yaml');
    await writeFile(path, /^engine:/m.test(text) ? text : `${text.trimEnd()}\nengine: { shards: 1 }\n`);
    return GatewayProgram.open(path, environment);
  }

  /**
   * Starts a gateway with a file that is there.
   * @param command the program; another version's, for one
   * @param place where it runs
   */
  static async open(
    path: string,
    environment: NodeJS.ProcessEnv = {},
    command = COMMAND,
    place: ProgramPlace = {},
  ): Promise<GatewayProgram> {
    const gateway = new GatewayProgram(path, environment, command, place);
    await gateway.program.whenReady(() =>
      gateway.program.waitForOutput(/gateway is running/, START_TIMEOUT_MS),
    );
    return gateway;
  }

  /** Of the API, without a slash at the end; empty where there is none. */
  get url(): string {
    return /API and dashboard: (http\S+)\/"?[}\n]/.exec(this.program.stderr)?.[1] ?? '';
  }

  readonly ask = (method: string, path: string, options?: RequestOptions): Promise<Answer> =>
    ask(method, this.url + path, { ...options, headers: { ...this.#headers, ...options?.headers } });

  /** Changes a part of a channel's configuration through the API. */
  async patch(channel: string, body: object): Promise<Answer> {
    const headers = { 'content-type': 'application/merge-patch+json' };
    return this.ask('PATCH', `/v1/channels/${channel}`, { headers, body: JSON.stringify(body) });
  }

  async channel(name: string): Promise<ChannelState> {
    return (await this.ask('GET', `/v1/channels/${name}`)).json.state;
  }

  /** Asks the API again and again until a channel is as it is wanted. */
  async waitForChannel(name: string, isWanted: (state: ChannelState) => boolean): Promise<ChannelState> {
    let last: ChannelState | undefined;
    try {
      return await waitFor(`the state of ${name}`, STATE_TIMEOUT_MS, async () => {
        last = await this.channel(name);
        return isWanted(last) ? last : undefined;
      });
    } catch (cause) {
      throw new Error(`${JSON.stringify(last)}\n${this.program.describe()}`, { cause });
    }
  }

  /** Local addresses that the program listens on for TCP, hexadecimal as the kernel shows them. */
  async listeningAddresses(): Promise<string[]> {
    const inodes = await this.#sockets();
    const tables = await Promise.all(['tcp', 'tcp6'].map((name) => this.#lines(`net/${name}`)));
    return tables.flat().flatMap((row) => {
      const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
      return state === TCP_LISTEN && inodes.has(inode) ? [local.split(':')[0]!] : [];
    });
  }

  stop(): Promise<ProcessExit> {
    return this.program.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }

  async #lines(file: string): Promise<string[]> {
    return (await readFile(`/proc/${this.program.child.pid}/${file}`, 'latin1')).split('\n').slice(1);
  }

  async #sockets(): Promise<Set<string>> {
    const folder = `/proc/${this.program.child.pid}/fd`;
    const links = await Promise.all(
      (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
    );
    return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  }
}
