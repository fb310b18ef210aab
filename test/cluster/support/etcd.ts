import { freePort } from '../../support/ports.js';
import { ChildProgram, run } from '../../support/process.js';
import { TempFolder } from '../../support/temp.js';
import { waitFor } from '../../support/wait.js';

interface Member {
  readonly name: string;
  readonly port: number;
  readonly peerPort: number;
  readonly folder: string;
  program: ChildProgram | undefined;
}

/** A member as etcdctl tells of it. */
interface MemberStatus {
  readonly Status?: { readonly leader: number; readonly header: { readonly member_id: number } };
}

/** Options beyond those that place a member. */
interface EtcdSettings {
  readonly members?: number;
  /** Added for every member. */
  readonly args?: readonly string[];
  readonly scheme?: 'http' | 'https';
  /** A further address that each member listens on, beside loopback. */
  readonly address?: string | undefined;
  /** Bytes that each member may keep; default: etcd's own 2 GiB. */
  readonly quota?: number;
}

/**
 * An etcd of one member or several, on loopback, each in a process that a test may kill, stop and start
 * again.
 */
export class EtcdProcesses implements AsyncDisposable {
  readonly #members: readonly Member[];
  readonly #folder: TempFolder;
  readonly #settings: EtcdSettings;

  private constructor(members: readonly Member[], folder: TempFolder, settings: EtcdSettings) {
    this.#members = members;
    this.#folder = folder;
    this.#settings = settings;
  }

  static async start(settings: EtcdSettings = {}): Promise<EtcdProcesses> {
    const folder = await TempFolder.create();
    const members: Member[] = [];
    for (let number = 1; number <= (settings.members ?? 1); number++) {
      const [port, peerPort] = [await freePort(), await freePort()];
      members.push({
        name: `m${number}`,
        port,
        peerPort,
        folder: folder.file(`m${number}`),
        program: undefined,
      });
    }
    const etcd = new EtcdProcesses(members, folder, settings);
    for (const index of members.keys()) etcd.startMember(index);
    try {
      await etcd.untilHealthy();
    } catch (error) {
      const outputs = members.map(({ program }) => program?.describe()).join('\n');
      await etcd[Symbol.asyncDispose]();
      throw new Error(outputs, { cause: error });
    }
    return etcd;
  }

  /** `host:port` of each member. */
  get endpoints(): readonly string[] {
    return this.#members.map(({ port }) => `127.0.0.1:${port}`);
  }

  program(index: number): ChildProgram {
    return this.#members[index]!.program!;
  }

  startMember(index: number): void {
    const member = this.#members[index]!;
    const scheme = this.#settings.scheme ?? 'http';
    const client = `${scheme}://127.0.0.1:${member.port}`;
    const { address } = this.#settings;
    const listen = address === undefined ? client : `${client},${scheme}://${address}:${member.port}`;
    const peer = `http://127.0.0.1:${member.peerPort}`;
    const all = this.#members.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`);
    member.program = new ChildProgram('etcd', [
      ...['--name', member.name, '--data-dir', member.folder],
      ...['--listen-client-urls', listen, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', all.join(','), '--initial-cluster-state', 'new'],
      ...['--heartbeat-interval', '100', '--election-timeout', '1000', '--logger', 'zap'],
      ...(this.#settings.quota === undefined ? [] : ['--quota-backend-bytes', `${this.#settings.quota}`]),
      ...(this.#settings.args ?? []),
    ]);
  }

  async killMember(index: number): Promise<void> {
    this.program(index).child.kill('SIGKILL');
    await this.program(index).exited;
  }

  /** The member that leads. */
  async leader(): Promise<number> {
    return await waitFor('a leader', 20_000, async () => {
      for (const [index, endpoint] of this.endpoints.entries()) {
        if (!this.program(index).running) continue;
        const { stdout } = await this.ctl(['endpoint', 'status', '-w', 'json', '--endpoints', endpoint]);
        // A member that has just been started has nothing to tell.
        const [{ Status } = {}] = JSON.parse(stdout || '[]') as [MemberStatus?];
        if (Status !== undefined && Status.leader !== 0 && Status.leader === Status.header.member_id)
          return index;
      }
      return undefined;
    });
  }

  async untilHealthy(): Promise<void> {
    if ((this.#settings.args?.length ?? 0) > 0) {
      await Promise.all(
        this.#members.map(({ program }) =>
          program!.waitForOutput(/serving client traffic|ready to serve client requests/),
        ),
      );
      return;
    }
    await waitFor('a healthy etcd', 20_000, async () => {
      const { code } = await this.ctl(['endpoint', 'health', '--endpoints', this.endpoints.join(',')]);
      return code === 0 || undefined;
    });
  }

  /** Runs etcdctl. */
  async ctl(args: readonly string[]) {
    return await run('etcdctl', args, { env: { ...process.env, ETCDCTL_API: '3' } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(async ({ program }) => await program?.[Symbol.asyncDispose]()));
    await this.#folder[Symbol.asyncDispose]();
  }
}
