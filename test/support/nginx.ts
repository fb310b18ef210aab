import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { nginxRtmpModule } from './peers.js';
import { freePort, waitUntilListening } from './ports.js';
import { ChildProgram } from './process.js';
import { waitFor } from './wait.js';

const RECORDING_TIMEOUT_MS = 30_000;
const LOOPBACK = '127.0.0.1';

export interface NginxOptions {
  /** Port to listen on; default: any free port. */
  port?: number;
  /** Address to listen on; default: loopback. */
  host?: string;
  /** The largest message that nginx-rtmp accepts, in bytes; its default is 1 MiB. */
  maxMessage?: number;
  /** Further directives of the server, one a line. */
  server?: string;
  /** Further directives of the application, one a line. */
  application?: string;
  /** A master with a worker, as in the field, so that it can be reloaded; otherwise one process. */
  master?: boolean;
}

/**
 * One server, one application `live`, every stream recorded as it comes, and one access log line a publisher.
 */
function configuration(prefix: string, port: number, options: NginxOptions): string {
  const module = nginxRtmpModule();
  return `
${module ? `load_module ${module};` : ''}
daemon off;
${options.master === true ? `${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1;` : 'master_process off;'}
pid ${prefix}/nginx.pid;
error_log stderr info;
events { worker_connections 512; }
rtmp {
  log_format publisher '$command $name $bytes_received';
  access_log ${prefix}/access.log publisher;
  server {
    listen ${options.host ?? LOOPBACK}:${port};
    max_message ${options.maxMessage ?? 1_048_576};
    ${options.server ?? ''}
    application live {
      live on;
      record all;
      record_path ${prefix}/recordings;
      record_unique on;
      ${options.application ?? ''}
    }
  }
}
`;
}

/** nginx with the RTMP module, in a folder of its own. Every stream that is published is recorded as FLV. */
export class NginxRtmp implements AsyncDisposable {
  readonly port: number;
  readonly #prefix: string;
  readonly #program: ChildProgram;
  readonly #options: NginxOptions;

  private constructor(prefix: string, port: number, program: ChildProgram, options: NginxOptions) {
    this.#options = options;
    this.#prefix = prefix;
    this.port = port;
    this.#program = program;
  }

  /** Starts nginx with everything that it writes under `folder`, and waits until it listens. */
  static async start(folder: string, options: NginxOptions = {}): Promise<NginxRtmp> {
    const prefix = join(folder, 'nginx');
    const port = options.port ?? (await freePort());
    await mkdir(join(prefix, 'recordings'), { recursive: true });
    await writeFile(join(prefix, 'nginx.conf'), configuration(prefix, port, options));
    const program = new ChildProgram('nginx', [
      '-p',
      prefix,
      '-e',
      'stderr',
      '-c',
      join(prefix, 'nginx.conf'),
    ]);
    await program.whenReady(() => waitUntilListening(port));
    return new NginxRtmp(prefix, port, program, options);
  }

  url(stream: string): string {
    return `rtmp://${this.#options.host ?? LOOPBACK}:${this.port}/live/${stream}`;
  }

  /** The path of what has been recorded of the stream by now, if anything. */
  async recordingSoFar(stream: string): Promise<string | undefined> {
    return (await this.recordings()).find((path) => basename(path).startsWith(`${stream}-`));
  }

  /** The paths of all recordings by now. */
  async recordings(): Promise<string[]> {
    const folder = join(this.#prefix, 'recordings');
    return (await readdir(folder)).sort().map((name) => join(folder, name));
  }

  /** Ends the server between two messages, as an administrator does. */
  async stop(): Promise<void> {
    await this.#program.stop();
  }

  /** Kills it, stops it, lets it go on, or has its master reload the configuration. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void {
    this.#program.child.kill(signal);
  }

  /** The log of nginx so far. */
  get log(): string {
    return this.#program.stderr;
  }

  /**
   * The path of the stream's recording, complete: its publisher has gone, and nginx has written everything it
   * got.
   */
  async recording(stream: string): Promise<string> {
    await waitFor(`nginx to see the end of ${stream}`, RECORDING_TIMEOUT_MS, async () => {
      const access = await readFile(join(this.#prefix, 'access.log'), 'utf8');
      return access.includes(`PUBLISH ${stream} `) || undefined;
    });
    const file = await this.recordingSoFar(stream);
    if (file === undefined) throw new Error(`nginx recorded nothing of ${stream}: ${this.log}`);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A master that is killed leaves its workers behind, which hold the pipes of its output.
    if (this.#options.master === true) await this.#program.stop();
    await this.#program[Symbol.asyncDispose]();
  }
}
