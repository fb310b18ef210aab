import { CloudPushError } from '../base/errors.js';
import { invalidParameter } from '../base/validation.js';
import { tokenEndpoint } from '../targets/token-server-options.js';
import type { EventCallback } from './callback.js';
import { Client, type ConnectionTarget } from './client.js';
import type { CompatOptions } from './compat-options.js';
import type { MetadataParameter } from './metadata.js';

const OK = 0;
const FAILED = -1;

/** A text, as the SDK takes it: a null pointer is `null` or nothing. */
export type Text = string | null | undefined;
/** A callback, as the SDK takes it. */
export type Callback = EventCallback | null | undefined;

/** Undefined before `Initialize` and after `Uninitialize`. */
let client: Client | undefined;
/** Clients that have been uninitialized, on their way to their end. */
let ending: Promise<unknown> = Promise.resolve();

/**
 * Makes the media pool and starts the worker threads, which come up in the background.
 * @param memoryPoolSize bytes of the media pool, 65,536 to 4,294,967,232
 * @param maxConnections the most connections at once, 1 to 65,535
 * @param options what the C interface has no parameters for
 * @returns 0; -1 when it is initialized already, or something is not permitted
 */
export function initialize(
  memoryPoolSize: number,
  maxConnections: number,
  options: CompatOptions = {},
): number {
  if (client !== undefined) return FAILED;
  try {
    client = new Client(memoryPoolSize, maxConnections, options);
    return OK;
  } catch (error) {
    // There is no log yet.
    const { code, message } = CloudPushError.wrap(error);
    process.emitWarning(message, { code });
    return FAILED;
  }
}

/**
 * Says what is logged, and where. Called again, it takes the place of what was said before.
 * @param level `E_SV_LOG_LEVEL`
 * @param flags `SV_LOG_OUTPUT_MODE`, or-ed
 * @param folder where log files are written: needed with the file bit
 * @returns 0, or -1
 */
export function initLog(level: number, flags: number, folder?: Text): number {
  return attempt('Init_log', ({ log }) => log.set(level, flags, folder));
}

/**
 * Says where connections by device serial number and by device token ask for their targets, from now on.
 * @param url `http[s]://…`
 * @returns 0, or -1
 */
export function setTokenServerInterface(url: string): number {
  return attempt('Set_Token_Server_Interface', (current) => {
    tokenEndpoint('ptoken_server_url', url);
    current.tokenUrl = url;
  });
}

/**
 * Ends everything. It returns at once: what was accepted is still sent, and every connection gets its
 * `CONNECT_CLOSE`; see {@link uninitialized}. `Initialize` may be called again right away.
 * @returns 0, or -1
 */
export function uninitialize(): number {
  if (client === undefined) return FAILED;
  ending = Promise.allSettled([ending, client.close()]);
  client = undefined;
  return OK;
}

/**
 * Resolves when nothing is left of what `Uninitialize` has ended so far: every event is raised, every line
 * logged.
 */
export async function uninitialized(): Promise<void> {
  await ending;
}

/**
 * Connects to a push URL. The outcome is an event: `CONNECT_SUCCESS`, or what went wrong and then
 * `CONNECT_CLOSE`.
 * @param url `rtmp[s]://host[:port]/app/name`; `$time` in it is filled in
 * @param token shown to the server; null: none
 * @returns the connection's id, or -1
 */
export function connect(url: string, token?: Text, callback?: Callback): number {
  return open('Connect', callback, () => ({ url: text('Url', url), token: optionalText('ptoken', token) }));
}

/**
 * Connects to the target that the token server has for a device, asked in the name of a client.
 * @returns the connection's id, or -1
 */
export function connectByDeviceSN(
  clientId: Text,
  clientSecret: Text,
  deviceSN: string,
  callback?: Callback,
): number {
  return open('Connect_By_DeviceSN', callback, ({ tokenUrl }) => ({
    target: {
      kind: 'device',
      deviceSN: text('pdeviceSN', deviceSN),
      clientId: optionalText('pclientid', clientId),
      clientSecret: optionalText('pclient_secret', clientSecret),
      tokenUrl,
    },
  }));
}

/**
 * Connects to the target that the token server has for a device, asked by the token that the device holds.
 * @returns the connection's id, or -1
 */
export function connectByDeviceToken(deviceToken: string, callback?: Callback): number {
  return open('Connect_By_Device_Token', callback, ({ tokenUrl }) => ({
    target: { kind: 'deviceToken', deviceToken: text('pdevice_token', deviceToken), tokenUrl },
  }));
}

/**
 * Connects to the live target that the server at `tokenUrl` has for a device.
 * @returns the connection's id, or -1
 */
export function liveConnect(tokenUrl: string, deviceSN: string, callback?: Callback): number {
  return open('Live_Connect', callback, () => ({
    target: { kind: 'live', tokenUrl: text('ptoken_url', tokenUrl), deviceSN: text('pdeviceSN', deviceSN) },
  }));
}

/**
 * Sends a packet. What is sent before the connection is up waits in the pool, within its bounds, and goes out
 * in order.
 * @param mediaType `E_SV_MEDIA_TYPE`
 * @param data copied; may be used again at once
 * @param size bytes of `data` that count
 * @param timestamp ms, unsigned 32-bit; it may wrap
 * @param keyFlag 1 key frame, 0 none; left out: detected
 * @param encFlag 1: the packet is encrypted already, and passed on as it is
 * @returns 0; -1 when it was not taken
 */
export function sendPacket(
  lcid: number,
  mediaType: number,
  data: Uint8Array,
  size: number,
  timestamp: number | bigint,
  keyFlag?: number,
  encFlag?: number,
): number {
  const connection = client?.find(lcid);
  if (connection === undefined) return FAILED;
  return connection.sendPacket({ mediaType, data, size, timestamp, keyFlag, encFlag }) ? OK : FAILED;
}

/**
 * Tells of the stream, in order with the media, or how it is encrypted from its next frame on.
 * @param metadataType `E_SV_METADATA_TYPE`, which says what the others are
 * @returns 0; -1 when it was not taken
 */
export function sendMetadata(
  lcid: number,
  metadataType: number,
  wParam?: MetadataParameter,
  lParam?: MetadataParameter,
): number {
  const connection = client?.find(lcid);
  if (connection === undefined) return FAILED;
  return connection.sendMetadata(metadataType, wParam, lParam) ? OK : FAILED;
}

/** 1 while the connection is publishing, else 0. */
export function isConnect(lcid: number): number {
  return client?.find(lcid)?.isConnected === true ? 1 : 0;
}

/**
 * Ends a connection: what was accepted is still sent, then comes `CONNECT_CLOSE`. The id is not valid any
 * more.
 * @returns 0; -1 when there is no such connection
 */
export function close(lcid: number): number {
  return client?.closeConnection(lcid) === true ? OK : FAILED;
}

function open(name: string, callback: Callback, target: (client: Client) => ConnectionTarget): number {
  let id = FAILED;
  attempt(name, (current) => {
    id = current.connect(target(current), checkedCallback(callback));
  });
  return id;
}

/** Returns instead of throwing, and logs why. */
function attempt(name: string, action: (client: Client) => void): number {
  if (client === undefined) return FAILED;
  try {
    action(client);
    return OK;
  } catch (error) {
    const { code, message: reason } = CloudPushError.wrap(error);
    client.log.logger.warn({ code, reason }, `${name} failed`);
    return FAILED;
  }
}

function checkedCallback(callback: Callback): EventCallback | undefined {
  if (callback === null || callback === undefined) return undefined;
  if (typeof callback === 'function') return callback;
  throw invalidParameter('pcbFun', typeof callback, 'a function or null');
}

function text(name: string, value: Text): string {
  if (typeof value === 'string') return value;
  throw invalidParameter(name, value === null ? null : typeof value, 'a text');
}

function optionalText(name: string, value: Text): string | undefined {
  return value === null || value === undefined ? undefined : text(name, value);
}
