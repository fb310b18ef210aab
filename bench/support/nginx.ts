import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * The directive by which nginx loads its RTMP module; empty: the module is compiled in.
 * @throws Error without nginx
 */
export function loadRtmpModule(): string {
  const { error, stderr } = spawnSync('nginx', ['-V'], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  const folder = /--modules-path=(\S+)/.exec(stderr)?.[1];
  const isBuiltIn = folder === undefined || /--add-module=\S*rtmp/.test(stderr);
  return isBuiltIn ? '' : `load_module ${join(folder, 'ngx_rtmp_module.so')};`;
}
