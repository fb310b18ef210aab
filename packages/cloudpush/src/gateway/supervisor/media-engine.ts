/** What a shard reads itself. */
export type SourceOptions = (RtspSource | FileSource | CommandSource | ModuleSource) & SourceCommon;

interface RtspSource {
  readonly rtsp: string;
  readonly transport?: 'tcp' | 'udp' | 'auto' | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly ca?: string | undefined;
}

interface FileSource {
  readonly file: string;
  readonly loop?: boolean | undefined;
  readonly format?: string | undefined;
  readonly frameRate?: number | undefined;
}

interface CommandSource {
  readonly command: readonly string[];
  readonly format?: string | undefined;
}

interface ModuleSource {
  readonly module: string;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

interface SourceCommon {
  readonly timeout?: number | undefined;
  readonly videoTimeout?: number | undefined;
  readonly retry?: { readonly initialDelay: number; readonly maxDelay: number } | false | undefined;
  readonly audio?: 'auto' | 'copy' | 'silence' | 'none' | undefined;
}
