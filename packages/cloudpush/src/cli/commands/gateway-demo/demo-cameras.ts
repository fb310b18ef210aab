import { createServer, type Server, type Socket } from 'node:net';
import { AccessUnitSplitter } from '@cloudpush/muxer';
import { CameraConnection } from './camera-connection.js';
import { type ClipPicture, sessionDescription } from './clip-stream.js';
import { payloadsOf } from './h264-rtp.js';

/** Of the clip. */
const FRAME_RATE = 25;
/** ms */
const FRAME_INTERVAL = 1000 / FRAME_RATE;

/** Behaviour of a camera: well, connected and silent, or as if its cable were pulled. */
export type CameraState = 'runs' | 'frozen' | 'away';

/**
 * Synthetic cameras: an RTSP server on this machine that plays a clip in a loop under each of their names.
 */
export class DemoCameras implements AsyncDisposable {
  readonly #server: Server;
  readonly #states: Map<string, CameraState>;
  readonly #connections = new Set<CameraConnection>();
  readonly #pictures: readonly ClipPicture[];
  readonly #description: string;
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();
  #index = 0;

  /** @param clip H.264 in Annex-B form */
  static async listen(names: readonly string[], clip: Uint8Array): Promise<DemoCameras> {
    const cameras = new DemoCameras(names, clip);
    await new Promise<void>((resolve, reject) => {
      cameras.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return cameras;
  }

  private constructor(names: readonly string[], clip: Uint8Array) {
    this.#states = new Map(names.map((name) => [name, 'runs']));
    const splitter = new AccessUnitSplitter('h264');
    const units = [...splitter.push(clip), ...splitter.flush()];
    this.#pictures = units.map(({ data, presentationIndex }) => ({
      payloads: payloadsOf(data),
      presentationIndex,
    }));
    this.#description = sessionDescription(units[0]!.data);
    this.#server = createServer((socket) => this.#accept(socket));
    this.#timer = setInterval(() => this.#tick(), FRAME_INTERVAL / 2);
  }

  /** The address of a camera. */
  urlOf(name: string): string {
    const { port } = this.#server.address() as { port: number };
    return `rtsp://127.0.0.1:${port}/${name}`;
  }

  set(name: string, state: CameraState): void {
    this.#states.set(name, state);
    if (state !== 'away') return;
    for (const connection of this.#connections) {
      if (connection.camera === name) connection.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const connection = new CameraConnection(socket, {
      description: this.#description,
      exists: (name) => (this.#states.get(name) ?? 'away') !== 'away',
    });
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  /**
   * The pictures that are due, to all who watch a camera that runs. Timers are late now and then: the rate
   * holds all the same.
   */
  #tick(): void {
    const due = Math.floor((performance.now() - this.#began) / FRAME_INTERVAL);
    // After a longer pause of the process nothing is caught up with.
    if (due - this.#index > FRAME_RATE) this.#index = due - 1;
    while (this.#index < due) this.#sendNext();
  }

  #sendNext(): void {
    const round = Math.floor(this.#index / this.#pictures.length);
    const picture = this.#pictures[this.#index % this.#pictures.length]!;
    this.#index++;
    for (const connection of this.#connections) {
      const { camera } = connection;
      if (camera === undefined || this.#states.get(camera) !== 'runs') continue;
      connection.send(picture, round * this.#pictures.length);
    }
  }
}
