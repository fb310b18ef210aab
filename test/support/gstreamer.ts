import { run } from './process.js';

const PUBLISH_TIMEOUT_MS = 60_000;

/** GStreamer's two RTMP clients: its own, and the one that stands on librtmp. */
export type GstreamerSink = 'rtmp2sink' | 'rtmpsink';

/** Publishes an FLV file of H.264 and AAC with GStreamer, its media as they are, at the pace of the clock. */
export async function gstreamerPublish(sink: GstreamerSink, file: string, url: string): Promise<void> {
  const pipeline = [
    ...['flvmux', 'name=mux', 'streamable=true', '!', sink, `location=${url}`],
    ...['filesrc', `location=${file}`, '!', 'flvdemux', 'name=demux'],
    ...['demux.video', '!', 'queue', '!', 'h264parse', '!', 'mux.video'],
    ...['demux.audio', '!', 'queue', '!', 'aacparse', '!', 'mux.audio'],
  ];
  const { code, stdout, stderr } = await run('gst-launch-1.0', ['--quiet', ...pipeline], {
    timeoutMs: PUBLISH_TIMEOUT_MS,
  });
  if (code !== 0) throw new Error(`${sink} ended with ${code}: ${stdout}${stderr}`);
}
