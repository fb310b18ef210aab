import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { clip } from '../../support/media.js';
import { NginxRtmp } from '../../support/nginx.js';
import { run } from '../../support/process.js';
import { TempFolder } from '../../support/temp.js';
import { waitFor } from '../../support/wait.js';
import { type Fault, GATEWAYS, MEMBERS } from './faults.js';
import { FaultyCluster } from './faulty-cluster.js';
import { TTL } from './gateway-cluster.js';
import { Namespaces } from './namespaces.js';

/** nginx gives the name up of a publisher that is silent for so many s. */
const NGINX_IDLE = 3;
/** A refused attempt is made again, and a stream begins at a key frame: at most so much later, in ms. */
const AGAIN = 1000;
const GROUP = 1000;
/** A channel is back after a fault within that, in ms: the lease and 1 s, and then the server's own rule. */
export const BOUND = (TTL + 1 + NGINX_IDLE) * 1000 + AGAIN + GROUP;
const NEVER = 90_000;

/** What was seen of a fault; times in ms. */
interface Observation {
  /** By the fault itself. */
  readonly told: string;
  /** Names that two owners sent at the same time. */
  readonly mixed: readonly string[];
  /** From the end of the fault to the first frame of every name at the receiver. */
  readonly back: number;
  /** The same at nginx; undefined: there is none. */
  readonly serverBack: number | undefined;
  /** From the end of the fault until all nodes share the slots, and five more frames of every name have come. */
  readonly whole: number;
  /** The longest that the receiver had nothing of a name, the fault included. */
  readonly silence: number;
  /** Which name that was, and what the gateways told of it. */
  readonly silent: string;
  readonly log: readonly string[];
}

/** A cluster, faults in it, and what its servers see of them. */
export class FaultLaboratory implements AsyncDisposable {
  readonly #faulty: FaultyCluster;
  readonly #folder: TempFolder;
  readonly #nginx: NginxRtmp | undefined;

  private constructor(faulty: FaultyCluster, folder: TempFolder, nginx: NginxRtmp | undefined) {
    this.#faulty = faulty;
    this.#folder = folder;
    this.#nginx = nginx;
  }

  /** @param network with `namespaces` all channels are published to nginx-rtmp, too, as tiny pictures */
  static async start(network: 'gates' | 'namespaces', channels: number): Promise<FaultLaboratory> {
    const folder = await TempFolder.create();
    const settings = { gateways: GATEWAYS, channels, etcdMembers: MEMBERS };
    if (network === 'gates') {
      const maxConnections = Math.max(64, channels);
      const source = { file: clip.video, loop: true };
      const faulty = await FaultyCluster.start(undefined, { ...settings, source, maxConnections });
      return new FaultLaboratory(faulty, folder, undefined);
    }
    const namespaces = Namespaces.create(GATEWAYS);
    const nginx = await NginxRtmp.start(folder.path, {
      host: namespaces.address('media'),
      application: `drop_idle_publisher ${NGINX_IDLE}s;`,
    });
    const faulty = await FaultyCluster.start(namespaces, {
      ...settings,
      source: { file: await tinyClip(folder), loop: true },
      destinations: (name) => [nginx.url(name)],
      maxConnections: 2 * channels,
    });
    const laboratory = new FaultLaboratory(faulty, folder, nginx);
    await laboratory.#untilAtNginx(await laboratory.#recorded());
    return laboratory;
  }

  async run(fault: Fault, random: () => number): Promise<Observation> {
    const { cluster } = this.#faulty;
    const { receiver } = cluster;
    receiver.takeSilence();
    const told = await fault(this.#faulty, random);
    const ended = performance.now();
    receiver.markEnd();
    const recorded = await this.#recorded();
    const [back, serverBack] = await Promise.all([
      waitFor('a frame of every name', NEVER, () => receiver.backAfter(cluster.names)),
      this.#untilAtNginx(recorded).then((at) => at && at - ended),
    ]);
    await cluster.untilShared(GATEWAYS);
    await cluster.untilPublishing();
    const whole = Math.round(performance.now() - ended);
    const mixed = receiver.interleaved();
    // The rest is another fault's.
    if (mixed.length > 0) receiver.forget();
    const { ms, name } = receiver.takeSilence();
    return {
      told,
      mixed,
      back: Math.round(back),
      serverBack: serverBack && Math.round(serverBack),
      whole,
      silence: Math.round(ms),
      silent: name,
      log: cluster.logOf(name),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#faulty[Symbol.asyncDispose]();
    await this.#nginx?.[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  /** Bytes that nginx has recorded of each name. */
  async #recorded(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for (const path of (await this.#nginx?.recordings()) ?? []) {
      const name = basename(path).replace(/-\d+\.flv$/, '');
      sizes.set(name, (sizes.get(name) ?? 0) + (await stat(path)).size);
    }
    return sizes;
  }

  /** Waits until nginx has more of every name. @returns when that was so; undefined: there is no nginx */
  async #untilAtNginx(before: ReadonlyMap<string, number>): Promise<number | undefined> {
    if (this.#nginx === undefined) return undefined;
    const { names } = this.#faulty.cluster;
    let missing = names;
    try {
      return await waitFor('media of all names at nginx', NEVER, async () => {
        const now = await this.#recorded();
        missing = names.filter((name) => (now.get(name) ?? 0) <= (before.get(name) ?? 0));
        return missing.length === 0 ? performance.now() : undefined;
      });
    } catch (cause) {
      const log = this.#nginx.log.split('\n').slice(-40).join('\n');
      throw new Error(`nginx has no media of ${missing.join(', ')}\n${log}`, { cause });
    }
  }
}

/** Ten pictures a second of 64 × 48, with a key frame each second: hundreds of channels fit on one machine. */
async function tinyClip(folder: TempFolder): Promise<string> {
  const file = folder.file('tiny.h264');
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10', '-t', '10'];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-bf', '0', '-f', 'h264'];
  const { code, stderr } = await run('ffmpeg', ['-v', 'error', ...picture, ...codec, file]);
  if (code !== 0) throw new Error(stderr);
  return file;
}
