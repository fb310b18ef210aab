import { spawn } from 'node:child_process';

/** The program of a system that opens an address in the user's browser. */
const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * Opens an address in the user's browser, where there is one; where there is none, the address has been
 * told.
 */
export function openPage(url: string): void {
  const isGraphic = process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined;
  const opener = openers[process.platform] ?? (isGraphic ? (['xdg-open'] as const) : undefined);
  if (opener === undefined) return;
  const [program, ...args] = opener;
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  child.once('error', () => {});
  child.unref();
}
