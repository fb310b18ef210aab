import { SERVER_PROFILE_NAMES } from '@cloudpush/transport';
import { type Command, Option } from 'commander';
import { collect } from '../../argument-types.js';
import { KEY_VARIABLE } from '../decrypt/keys.js';
import { TOKEN_VARIABLE } from './connection-arguments.js';

const PROFILES = ['auto', ...SERVER_PROFILE_NAMES];

/** Adds the options of commands that push: how connections are made, and what is encrypted. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('--token <token>', `the token of the publisher; also taken from ${TOKEN_VARIABLE}`)
    .addOption(
      new Option('--token-place <place>', 'where the token goes (default: stream-query)').choices([
        'stream-query',
        'tc-url-query',
        'connect-argument',
      ]),
    )
    .option(
      '--ca <file>',
      'trust the certificates of this PEM file instead of the system (repeatable)',
      collect,
    )
    .option('--pin <sha256>', 'accept only a certificate with this fingerprint (repeatable)', collect)
    .option('--insecure', 'accept any certificate: for tests only')
    .option('--proxy <url>', 'connect through socks5://… or http://…')
    .option('--bind <address>', 'connect from this address of the machine')
    .addOption(new Option('--handshake <kind>', 'the RTMP handshake').choices(['simple', 'digest', 'auto']))
    .addOption(
      new Option('--profile <server>', 'the profile of the server (default: detected)').choices(PROFILES),
    )
    .addOption(
      new Option(
        '--encrypt <what>',
        'encrypt key frames and all sound, or everything; see --key and cloudpush decrypt',
      ).choices(['key-frames', 'all']),
    )
    .option('--key <key>', `the key: a text, hex:… or file:…; also taken from ${KEY_VARIABLE}`, collect);
}
