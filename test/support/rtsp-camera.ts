import { fileURLToPath } from 'node:url';
import { clip, fixture } from './media.js';
import { freePort } from './ports.js';
import { ChildProgram, run } from './process.js';
import { TempFolder } from './temp.js';

const script = fileURLToPath(new URL('./rtsp-camera.py', import.meta.url));

/** Debian's own: another Python on the path does not have its GStreamer bindings. */
const cameraPython = '/usr/bin/python3';

export interface CameraOptions {
  readonly auth?: readonly ['digest' | 'basic', username: string, password: string];
  /** PEM: it speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Packets that a network simulator has taken out, or sent twice. */
export interface Impairment {
  /** Between the first and the last packet that left. */
  readonly lost: number;
  readonly doubled: number;
  /** Behind the last packet that left: nothing tells a client of these. */
  readonly cut: number;
}

/** GStreamer's RTSP server as a camera. Its mounts are in rtsp-camera.py. */
export class RtspCamera implements AsyncDisposable {
  readonly #program: ChildProgram;
  readonly #folder: TempFolder;
  readonly #scheme: string;
  readonly port: number;

  private constructor(program: ChildProgram, folder: TempFolder, scheme: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#scheme = scheme;
    this.port = port;
  }

  static async start({ auth, tls }: CameraOptions = {}): Promise<RtspCamera> {
    const folder = await TempFolder.create();
    const port = await freePort();
    await makeFiles(folder);
    const protection = auth === undefined ? [] : ['--auth', ...auth];
    if (tls !== undefined)
      protection.push('--tls', await folder.write('camera.pem', Buffer.from(tls.key + tls.cert)));
    const program = new ChildProgram(cameraPython, [script, String(port), folder.path, ...protection]);
    await program.whenReady(() => program.waitForOutput(/listening/));
    return new RtspCamera(program, folder, tls === undefined ? 'rtsp' : 'rtsps', port);
  }

  /** The file that the mounts of a name are made of: `clip`, `h265` or `bframes`. */
  file(name: 'clip' | 'h265' | 'bframes'): string {
    return this.#folder.file(`${name}.mp4`);
  }

  url(mount: string, userInfo = ''): string {
    return `${this.#scheme}://${userInfo}127.0.0.1:${this.port}/${mount}`;
  }

  /** Tells what the network simulator of a mount let through, once its file has been played. */
  async impairment(mount: string): Promise<Impairment> {
    const line = new RegExp(`impaired (\\{"mount": "${mount}".*\\})`);
    const [, text = ''] = await this.#program.waitForOutput(line);
    return JSON.parse(text) as Impairment;
  }

  /** Freezes it with its connections open, lets it go on, or ends it at once. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#program.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

async function makeFiles(folder: TempFolder): Promise<void> {
  const h265 = ['-i', fixture('bframes-h265.mp4'), '-i', clip.audio, '-t', '2'];
  await ffmpeg('-r', '25', '-i', clip.video, '-i', clip.audio, '-c', 'copy', folder.file('clip.mp4'));
  await ffmpeg(...h265, '-c', 'copy', folder.file('h265.mp4'));
  await ffmpeg('-i', fixture('bframes.flv'), '-an', '-c', 'copy', folder.file('bframes.mp4'));
}

async function ffmpeg(...args: string[]): Promise<void> {
  const { code, stderr } = await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', ...args]);
  if (code !== 0) throw new Error(`ffmpeg ${args.join(' ')} ended with ${code}: ${stderr}`);
}
