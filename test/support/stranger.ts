import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type AmfValue, ChunkWriter, encodeAmf0, MessageType } from '@cloudpush/transport';

/** A client that keeps to no rule: it says what it is told to, and waits for no answer. */
export class Stranger {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #writer: ChunkWriter;

  static async connect({ port }: { readonly port: number }): Promise<Stranger> {
    const socket = connect(port, '127.0.0.1');
    const stranger = new Stranger(socket);
    await once(socket, 'connect');
    socket.resume().write(Buffer.concat([Buffer.from([3]), Buffer.alloc(3072)]));
    return stranger;
  }

  private constructor(socket: Socket) {
    socket.on('error', () => socket.destroy());
    this.#socket = socket;
    this.#writer = new ChunkWriter({ push: (slice) => void socket.write(Buffer.from(slice)) });
    this.closed = new Promise((resolve) => void socket.once('close', () => resolve()));
  }

  command(messageStreamId: number, ...values: AmfValue[]): void {
    this.#writer.write(3, MessageType.commandAmf0, messageStreamId, 0, encodeAmf0(...values));
  }

  publish(name: string): void {
    this.command(0, 'connect', 1, { app: 'live' });
    this.command(0, 'createStream', 2, null);
    this.command(1, 'publish', 0, null, name, 'live');
  }

  /** The beginning of a video message that says it is `length` bytes long, in one chunk. */
  beginMessage(length: number, sent: number): void {
    const size = Buffer.from('020000000000040100000000007fffff', 'hex');
    const header = Buffer.alloc(12);
    header[0] = 6;
    header.writeUIntBE(length, 4, 3);
    header[7] = MessageType.video;
    header.writeUInt32LE(1, 8);
    this.#socket.write(Buffer.concat([size, header, Buffer.alloc(sent)]));
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
