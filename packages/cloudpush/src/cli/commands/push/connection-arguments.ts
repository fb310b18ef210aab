import { readFile } from 'node:fs/promises';
import type { ConnectionOptions, EncryptionOptions } from '@cloudpush/engine';
import { unreadable } from '@cloudpush/engine/sources';
import type { EncryptionKey } from '@cloudpush/muxer';
import { usageError } from '../../exit-code.js';
import type { Output } from '../../terminal/output.js';
import { KEY_VARIABLE, readKeys } from '../decrypt/keys.js';

/** Variable for a token that is not to be seen in the list of processes. */
export const TOKEN_VARIABLE = 'CLOUDPUSH_TOKEN';

/** The options of `cloudpush push` that say how connections are made, as the parser gives them. */
export interface ConnectionArguments {
  readonly ca?: readonly string[];
  readonly pin?: readonly string[];
  readonly insecure?: boolean;
  readonly proxy?: string;
  readonly bind?: string;
  readonly handshake?: ConnectionOptions['handshake'];
  readonly profile?: ConnectionOptions['profile'];
  readonly token?: string;
  readonly tokenPlace?: ConnectionOptions['tokenPlacement'];
}

/** The options of `cloudpush push` that say what is encrypted. */
export interface EncryptionArguments {
  readonly encrypt?: 'key-frames' | 'all';
  readonly key?: readonly string[];
}

/**
 * The meaning of the options. An error repeats nothing that may be a secret.
 * @param urls all that are pushed to; undefined where a token server names some
 * @throws CommandError for what makes no sense, CloudPushError for a file that cannot be read
 */
export async function connectionOptions(
  options: ConnectionArguments,
  urls: readonly string[] | undefined,
): Promise<ConnectionOptions> {
  const { ca = [], pin = [], insecure, proxy, bind, handshake, profile, tokenPlace } = options;
  const wantsTls = ca.length > 0 || pin.length > 0 || insecure === true;
  if (wantsTls && urls?.every((url) => !/^rtmps:/i.test(url)) === true) {
    throw usageError('--ca, --pin and --insecure are for rtmps:// URLs, and none of the URLs is one');
  }
  for (const fingerprint of pin) checkPin(fingerprint);
  if (proxy !== undefined) checkProxy(proxy);
  if (bind !== undefined && !isAddress(bind)) {
    throw usageError(`--bind ${bind}: an IP address of this machine is needed, such as 192.0.2.7`);
  }
  const certificates = await Promise.all(ca.map(readCertificates));
  return {
    ...(wantsTls && {
      tls: {
        ...(certificates.length > 0 && { ca: certificates }),
        ...(pin.length > 0 && { pins: pin }),
        ...(insecure === true && { verify: false }),
      },
    }),
    proxy,
    localAddress: bind,
    handshake,
    profile,
    token: tokenOf(options),
    tokenPlacement: tokenPlace,
  };
}

/** Tells what it means that no certificate is checked. */
export function tellInsecure({ insecure }: ConnectionArguments, output: Output): void {
  if (insecure !== true) return;
  output.note(
    'cloudpush: --insecure: the certificate of the server is not checked: anyone may answer in its place',
  );
}

/** Their secrets, which must not be shown. */
export function secretsOf({ token, proxy }: ConnectionOptions): string[] {
  const password = proxy === undefined ? '' : new URL(proxy).password;
  return [token ?? '', password, decodeURIComponent(password)].filter((secret) => secret !== '');
}

/** Reads the encryption of the stream; undefined: none. No error tells a key. */
export async function encryptionOptions({
  encrypt,
  key = [],
}: EncryptionArguments): Promise<EncryptionOptions | undefined> {
  if (encrypt === undefined) {
    if (key.length > 0) throw usageError('--key needs --encrypt, which says what is encrypted with it');
    return undefined;
  }
  const fromEnvironment = process.env[KEY_VARIABLE];
  const words = key.length > 0 ? key : fromEnvironment ? [fromEnvironment] : [];
  if (words.length !== 1) {
    const found = words.length === 0 ? 'there is none' : `there are ${words.length}`;
    throw usageError(`--encrypt needs one key, in the variable ${KEY_VARIABLE} or as --key; ${found}`);
  }
  const chosen = chooseForm(await readKeys(words));
  return {
    video: { mode: encrypt === 'all' ? 'allFrames' : 'keyFrames', key: chosen },
    audio: { mode: 'allFrames', key: chosen },
  };
}

/**
 * A file may be meant as bytes or as text: text, without its line end, where it is one. `decrypt` tries all
 * of them.
 */
function chooseForm(forms: readonly EncryptionKey[]): EncryptionKey {
  const [first, ...texts] = forms;
  const text = texts.at(-1);
  return typeof text === 'string' && !/[\p{Cc}\ufffd]/u.test(text) ? text : first!;
}

function tokenOf({ token }: ConnectionArguments): string | undefined {
  if (token === '') throw usageError('--token is empty: give the token, or leave the option out');
  return token ?? (process.env[TOKEN_VARIABLE] || undefined);
}

function isAddress(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4
    ? parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)
    : text.includes(':') && !text.includes('[') && URL.canParse(`http://[${text}]/`);
}

function checkPin(fingerprint: string): void {
  if (!/^[0-9a-f]{64}$/i.test(fingerprint.replaceAll(':', ''))) {
    throw usageError(
      `--pin ${fingerprint}: the SHA-256 fingerprint of the certificate is needed, 64 hexadecimal digits, with or without colons`,
    );
  }
}

function checkProxy(proxy: string): void {
  if (!URL.canParse(proxy) || !/^(socks5|http):\/\/[^/]/i.test(proxy)) {
    throw usageError(
      // Apart from the rest: what looks like the user info of a URL is left out of every text that is shown.
      '--proxy needs a URL: socks5:// or http://, and behind it [user:password@]host:port',
    );
  }
}

async function readCertificates(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw usageError(`--ca ${path}: this is not a file of PEM certificates (-----BEGIN CERTIFICATE-----)`);
}
