/** Takes the messages of a connection, one after the other. */
export interface MessageHandler {
  /**
   * A whole message.
   *
   * @param timestamp milliseconds, 0 to 2^32 - 1
   * @param payload a view of the bytes that were pushed, or memory of its own when it came in several pieces:
   *   it stays good as long as the pushed bytes do
   */
  onMessage(type: number, messageStreamId: number, timestamp: number, payload: Uint8Array): void;
}
