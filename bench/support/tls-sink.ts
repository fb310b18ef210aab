import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, Sink } from './peers.js';

/**
 * A sink behind TLS 1.3: a process that decrypts, with a certificate of its own, in front of one that
 * discards.
 */
export class TlsSink {
  readonly port: number;
  readonly #stop: () => Promise<void>;

  private constructor(port: number, stop: () => Promise<void>) {
    this.port = port;
    this.#stop = stop;
  }

  static async start(): Promise<TlsSink> {
    const folder = await mkdtemp(join(tmpdir(), 'cloudpush-bench-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-days', '1'];
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-keyout', key, '-out', cert, ...subject],
    ]);
    const sink = await Sink.rtmp();
    const port = await freePort();
    const script = fileURLToPath(new URL('./tls-terminator.js', import.meta.url));
    const child = spawn(process.execPath, [script, key, cert, String(port), String(sink.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return new TlsSink(port, async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await exited;
      await sink.stop();
      await rm(folder, { recursive: true });
    });
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}
