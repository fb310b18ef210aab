import type { SliceSink } from '../../bits/slice-sink.js';
import { ChunkReader } from '../../chunk/reader.js';
import { ChunkWriter } from '../../chunk/writer.js';
import type { TransportLimits } from '../../limits.js';
import type { MessageHandler } from '../../message/handler.js';
import { decodeUint32, encodeUint32 } from '../../message/protocol-control.js';
import { ChunkStreamId, chunkStreamIdFor, type MediaMessage, MessageType } from '../../message/type.js';
import { decodeUserControl, encodeUserControl, UserControlEvent } from '../../message/user-control.js';
import { AcknowledgementCounter } from './acknowledgement.js';

/**
 * The part that both sides of a connection have in common once the handshake is over: messages in and out,
 * chunk sizes, acknowledgements, pings. Everything that is not a control message goes to the handler.
 */
export class MessageChannel implements MessageHandler {
  /** Do not acknowledge what comes in (a test server's misbehaviour). */
  acknowledges = true;
  readonly #handler: MessageHandler;
  readonly #reader: ChunkReader;
  readonly #writer: ChunkWriter;
  readonly #received = new AcknowledgementCounter();
  /** The window wanted of the peer, and the largest that it may be told, in bytes. */
  #window: number;
  readonly #mostWindow: number;
  /** The window that the peer itself proposed. */
  #proposedWindow = Number.POSITIVE_INFINITY;
  #announcedWindow = 0;
  #acknowledged = 0;

  /** @param mostWindow the peer is to acknowledge at least so often, in bytes, whatever window it proposes */
  constructor(
    sink: SliceSink,
    handler: MessageHandler,
    limits: TransportLimits,
    mostWindow = Number.POSITIVE_INFINITY,
  ) {
    this.#handler = handler;
    this.#window = mostWindow;
    this.#mostWindow = mostWindow;
    this.#writer = new ChunkWriter(sink);
    this.#reader = new ChunkReader(this, limits);
  }

  /** The sequence number of the peer's last Acknowledgement: a sign of life, too often wrong to be more. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Declared bytes of messages that have begun to come in and have not ended. */
  get assemblyBytes(): number {
    return this.#reader.assemblyBytes;
  }

  /** Takes what came in after the handshake. Throws what the chunk reader and the handler throw. */
  receive(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    const sequenceNumber = this.#received.count(bytes.length);
    if (sequenceNumber !== undefined && this.acknowledges) this.acknowledge(sequenceNumber);
  }

  /** Tells the peer the chunk size that is in force from the next message on (RTMP 1.0 §5.4.1). */
  setChunkSize(size: number): void {
    this.control(MessageType.setChunkSize, encodeUint32(size));
    this.#writer.chunkSize = size;
  }

  /** Tells the peer how often to acknowledge (RTMP 1.0 §5.4.4). */
  announceWindow(size: number): void {
    this.#announcedWindow = size;
    this.control(MessageType.windowAcknowledgementSize, encodeUint32(size));
  }

  /** Sends an Acknowledgement (RTMP 1.0 §5.4.3). */
  acknowledge(sequenceNumber: number): void {
    this.control(MessageType.acknowledgement, encodeUint32(sequenceNumber));
  }

  /** Sends a protocol or user control message. */
  control(type: MessageType, payload: Uint8Array): void {
    this.#writer.write(ChunkStreamId.control, type, 0, 0, payload);
  }

  /** Sends an encoded command on a message stream; 0 is the connection itself. */
  command(messageStreamId: number, payload: Uint8Array): void {
    const chunkStreamId = messageStreamId === 0 ? ChunkStreamId.command : ChunkStreamId.streamCommand;
    this.#writer.write(chunkStreamId, MessageType.commandAmf0, messageStreamId, 0, payload);
  }

  /** Sends a media or data message without copying its payload. */
  media(messageStreamId: number, message: MediaMessage): void {
    this.#writer.writeMedia(chunkStreamIdFor(message.type), messageStreamId, message);
  }

  /** Called by the chunk reader. Control messages that are cut off say nothing: they are left aside. */
  onMessage(type: number, messageStreamId: number, timestamp: number, payload: Uint8Array): void {
    switch (type) {
      case MessageType.acknowledgement:
        if (payload.length >= 4) this.#acknowledged = decodeUint32(payload);
        break;
      case MessageType.windowAcknowledgementSize:
        if (payload.length >= 4) this.#received.window = decodeUint32(payload);
        break;
      case MessageType.setPeerBandwidth:
        if (payload.length >= 4) this.#onPeerBandwidth(decodeUint32(payload));
        break;
      case MessageType.userControl:
        this.#onUserControl(payload);
        break;
      default:
        this.#handler.onMessage(type, messageStreamId, timestamp, payload);
    }
  }

  #onUserControl(payload: Uint8Array): void {
    if (payload.length < 6) return;
    const { event, value } = decodeUserControl(payload);
    if (event !== UserControlEvent.pingRequest) return;
    this.control(MessageType.userControl, encodeUserControl(UserControlEvent.pingResponse, value));
  }

  /** Asks for acknowledgements as often as was wanted, unless that has been done (RTMP 1.0 §5.4.4). */
  wantAcknowledgements(): void {
    if (this.#announcedWindow === 0) this.announceWindow(this.#window);
  }

  /**
   * Asks for acknowledgements at least every so many bytes from now on; a peer that has been asked for none
   * yet, with the first request.
   */
  requestAcknowledgements(bytes: number): void {
    this.#window = Math.min(this.#mostWindow, Math.max(1, Math.trunc(bytes)));
    if (this.#announcedWindow !== 0) this.#announceLeast();
  }

  /** Answered with a Window Acknowledgement Size when it differs from the last one sent (RTMP 1.0 §5.4.5). */
  #onPeerBandwidth(size: number): void {
    this.#proposedWindow = size;
    this.#announceLeast();
  }

  #announceLeast(): void {
    const window = Math.min(this.#proposedWindow, this.#window);
    if (window !== this.#announcedWindow) this.announceWindow(window);
  }
}
