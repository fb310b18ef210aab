import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

/** The foreign programs that tests talk to. Continuous integration installs them all. */
export type PeerName =
  | 'chromium'
  | 'curl'
  | 'faketime'
  | 'etcd'
  | 'ffmpeg'
  | 'promtool'
  | 'network-namespaces'
  | 'nginx-rtmp'
  | 'node-media-server'
  | 'gstreamer'
  | 'gst-rtsp-server'
  | 'rtmpdump'
  | 'rtsp-server-perl'
  | 'script'
  | 'openssl'
  | 'python3'
  | 'systemd'
  | 'vlc';

function output(command: string, ...args: string[]): string | undefined {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 });
  return error ? undefined : stdout + stderr;
}

/**
 * The way in which nginx gets at its RTMP module: the path of the module to load, '' when it is compiled in,
 * or undefined when there is no nginx or no module.
 */
export function nginxRtmpModule(): string | undefined {
  const build = output('nginx', '-V');
  if (build === undefined) return undefined;
  if (/--add-module=\S*rtmp/.test(build)) return '';
  const folder = build.match(/--modules-path=(\S+)/)?.[1];
  const path = folder && join(folder, 'ngx_rtmp_module.so');
  return path && existsSync(path) ? path : undefined;
}

function hasNodeMediaServer(): boolean {
  try {
    createRequire(import.meta.url).resolve('node-media-server');
    return true;
  } catch {
    return false;
  }
}

function hasGstreamerElement(name: string): boolean {
  return output('gst-inspect-1.0', name)?.includes('Factory Details') === true;
}

/** Whether network namespaces, and links between them, may be made: it needs root, and iproute2. */
function mayMakeNamespaces(): boolean {
  const name = `cloudpush-probe-${process.pid}`;
  const ip = (...args: string[]): boolean => spawnSync('ip', args).status === 0;
  if (!ip('netns', 'add', name)) return false;
  const isLinked = ip('-n', name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'other');
  return ip('netns', 'del', name) && isLinked;
}

/** The requirements of rtsp-camera.py. */
const cameraImports = `
import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import Gst, GstRtspServer
Gst.init(None)
assert all(Gst.ElementFactory.find(name) for name in ('rtph264pay', 'netsim', 'x264enc', 'voaacenc'))
`;

const detectors: Record<PeerName, () => boolean> = {
  chromium: () => output('chromium', '--version')?.includes('Chromium') === true,
  ffmpeg: () => output('ffmpeg', '-version') !== undefined && output('ffprobe', '-version') !== undefined,
  'network-namespaces': mayMakeNamespaces,
  'nginx-rtmp': () => nginxRtmpModule() !== undefined,
  'node-media-server': hasNodeMediaServer,
  gstreamer: () => ['rtmp2sink', 'rtmpsink', 'flvmux', 'h264parse'].every(hasGstreamerElement),
  // Debian's own Python, whatever else is on the path: only it has these bindings.
  'gst-rtsp-server': () => output('/usr/bin/python3', '-c', cameraImports) === '',
  // The terminal recorder of util-linux; others take other options.
  script: () => output('script', '--version')?.includes('util-linux') === true,
  rtmpdump: () => output('rtmpdump', '--help') !== undefined,
  'rtsp-server-perl': () => output('rtsp-server-perl', '--help')?.includes('clientport') === true,
  // It does not run as root, not even to say which version it is.
  vlc: () => existsSync('/usr/bin/cvlc'),
  etcd: () => output('etcd', '--version') !== undefined && output('etcdctl', 'version') !== undefined,
  faketime: () => output('faketime', '--version') !== undefined,
  curl: () => output('curl', '--version') !== undefined,
  openssl: () => output('openssl', 'version') !== undefined,
  python3: () => output('/usr/bin/python3', '--version') !== undefined,
  systemd: () => output('systemd-analyze', '--version') !== undefined,
  promtool: () => output('promtool', '--version') !== undefined,
};

const found = new Map<PeerName, boolean>();

/** Tells whether a program is installed. */
export function isPeerPresent(peer: PeerName): boolean {
  let present = found.get(peer);
  if (present === undefined) {
    present = detectors[peer]();
    found.set(peer, present);
  }
  return present;
}

const reported = new Set<string>();

/** The default reporter does not show why a test was skipped: said once a test file. */
function report(reason: string): void {
  if (reported.has(reason)) return;
  reported.add(reason);
  console.warn(`skipped, ${reason}`);
}

/**
 * Skips the running test, with the reason, when a peer that it needs is missing. Under CI a missing peer is a
 * failure.
 */
export function requirePeers(context: TestContext, ...peers: PeerName[]): void {
  const missing = [...new Set(peers)].filter((peer) => !isPeerPresent(peer));
  if (missing.length === 0) return;
  const reason = `not installed, or not permitted: ${missing.join(', ')}`;
  if (process.env['CI']) throw new Error(reason);
  report(reason);
  context.skip(reason);
}
