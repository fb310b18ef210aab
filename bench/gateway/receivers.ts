import { MessageType, type ReceivedStream, RtmpReceiver } from '@cloudpush/transport';

/** The instructions of the receivers. */
export type ReceiverOrder =
  | { readonly type: 'drop'; readonly streams: readonly string[] }
  | { readonly type: 'count' };

/** Pictures that came in, by the name of the stream, over all its connections. */
export type ReceivedCounts = Readonly<Record<string, number>>;

/** A server, in a process of its own, that counts the pictures of each stream. */
const pictures: Record<string, number> = {};
const live = new Map<string, ReceivedStream>();

/** Coded frames: AVCPacketType 1; headers are none. */
function isPicture({ type, payload }: { readonly type: number; readonly payload: Uint8Array }): boolean {
  return type === MessageType.video && payload[1] === 1;
}

const receiver = await RtmpReceiver.listen(
  { port: 0, maxConnections: 10_000 },
  {
    onPublish: (stream) => {
      const { streamName } = stream;
      live.set(streamName, stream);
      return {
        onMessage: (message) => {
          if (isPicture(message)) pictures[streamName] = (pictures[streamName] ?? 0) + 1;
        },
        onEnd: () => {
          if (live.get(streamName) === stream) live.delete(streamName);
        },
      };
    },
  },
);

process.on('message', (order: ReceiverOrder) => {
  if (order.type === 'count') process.send?.({ ...pictures });
  else for (const name of order.streams) live.get(name)?.destroy();
});
process.on('disconnect', () => process.exit());
process.send?.(receiver.address.port);
