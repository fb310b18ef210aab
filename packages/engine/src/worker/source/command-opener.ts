import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { queryValues, redact, withForms } from '@cloudpush/transport';
import type { CloudPushError } from '../../base/errors.js';
import type { SourceInput } from '../../options/source-config.js';
import { sourceCommandError } from '../../sources/errors.js';
import { FORMATS, type FormatName } from '../../sources/files/formats.js';
import { readLiveSource } from '../../sources/files/live-source.js';
import type { OpenedReader, ReaderOpener } from './reader-session.js';

type CommandInput = Extract<SourceInput, { readonly kind: 'command' }>;

/** Characters of a command's last words that an error quotes. */
const MAX_TAIL = 500;
/** Longest time that a command may take to end when it is told to, in ms. */
const KILL_AFTER = 1000;
/**
 * ms of media that go out in a ms, at most: what a command gives faster than real time waits in its pipe, and
 * a clock of a camera that is fast by what quartz can be is not held up.
 */
const SPEED = 1.001;

/** The commands of a shard that have not ended yet, those of closed sources included. */
export class RunningCommands {
  readonly #openers = new Set<CommandOpener>();

  add(opener: CommandOpener): void {
    this.#openers.add(opener);
  }

  delete(opener: CommandOpener): void {
    this.#openers.delete(opener);
  }

  /** Ends them at once: the thread that would wait for them ends. */
  kill(): void {
    for (const opener of this.#openers) opener.kill();
  }
}

/** Runs a program that writes media to its standard output. */
export class CommandOpener implements ReaderOpener {
  readonly isLive = true;
  readonly #input: CommandInput;
  readonly #running: RunningCommands;
  readonly #name: string;
  readonly #secrets: readonly string[];
  #child: ChildProcess | undefined;
  /** Settles when the program has ended. */
  #ended: Promise<CloudPushError | undefined> = Promise.resolve(undefined);
  #tail = '';
  #isTailCut = false;
  #closed = false;
  #killTimer: NodeJS.Timeout | undefined;

  /** @param running has the program while it runs */
  constructor(input: CommandInput, running: RunningCommands) {
    this.#input = input;
    this.#running = running;
    this.#name = basename(input.program);
    this.#secrets = secretsIn(input.args);
  }

  async open(signal: AbortSignal): Promise<OpenedReader> {
    const { format, frameRate } = this.#input;
    const stdout = this.#run();
    const input = { path: this.#name, format: FORMATS[format as FormatName], stream: stdout };
    const notices: string[] = [];
    const onNotice = (notice: string) => void notices.push(notice);
    const source = await readLiveSource({ ...input, frameRate, signal, onNotice });
    const { video, audio, frameInterval } = source;
    return { reader: source.open(), video, audio, frameInterval, speed: SPEED, notices };
  }

  /** Error with which the program has ended; undefined: none. */
  verdict(): Promise<CloudPushError | undefined> {
    return this.#ended;
  }

  close(): void {
    this.#closed = true;
    if (this.#child === undefined) return;
    this.#signal('SIGTERM');
    // Another process ends in its own time: no clock of ours, or of a test, makes it quicker.
    this.#killTimer = setTimeout(() => this.kill(), KILL_AFTER);
  }

  /** Ends the program, and what it has started, without asking. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  #run(): Readable {
    const { program, args } = this.#input;
    // A group of its own, so that what the program has started ends with it.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    this.#running.add(this);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      const words = this.#tail + text;
      this.#tail = words.slice(-2 * MAX_TAIL);
      this.#isTailCut ||= words.length > this.#tail.length;
    });
    this.#ended = new Promise((resolve) => {
      child.once('error', (cause) =>
        resolve(sourceCommandError(this.#name, 'could not be started', { cause })),
      );
      child.once('close', (code, killedBy) => {
        this.#child = undefined;
        this.#running.delete(this);
        clearTimeout(this.#killTimer);
        resolve(this.#errorOf(code, killedBy));
      });
    });
    return child.stdout;
  }

  #errorOf(code: number | null, killedBy: NodeJS.Signals | null): CloudPushError | undefined {
    if (code === 0 || this.#closed) return undefined;
    const how = killedBy === null ? `ended with exit code ${code}` : `was ended by ${killedBy}`;
    const words = this.#lastWords;
    const text = words === '' ? how : `${how}: ${words}`;
    return sourceCommandError(this.#name, text, { exitCode: code, killedBy });
  }

  /** The last lines that it has written to stderr, without secrets. */
  get #lastWords(): string {
    // The end of a secret that was cut would not be recognized.
    const tail = this.#isTailCut ? this.#tail.replace(/^\S*/, '') : this.#tail;
    const clean = redact(tail, this.#secrets)
      .replace(/\p{Cc}+/gu, ' ')
      .trim();
    return clean.slice(-MAX_TAIL);
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended in the meantime.
    }
  }
}

/**
 * Users, passwords and values of queries of all URLs: also of those within a property (`location=rtsp://…`),
 * or a script.
 */
function secretsIn(args: readonly string[]): string[] {
  const texts = [...args, ...args.flatMap((argument) => argument.split(/[\s"'`]+/))];
  return [...withForms(texts.flatMap(credentialsIn)), ...queryValues(texts)];
}

function credentialsIn(text: string): string[] {
  const urls = text.matchAll(/:\/\/([^/?#]*)@/g);
  const parts = [...urls].flatMap(([, userInfo = '']) => [userInfo, ...userInfo.split(':')]);
  return parts.filter((part) => part !== '');
}
