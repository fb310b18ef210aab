/**
 * Bytes of the JavaScript heap that a call leaves behind, in figures for a table; memory outside of the heap,
 * such as that of a Buffer, is not counted. It needs --expose-gc, and a semi-space that holds what the calls
 * leave.
 */
export function garbageOf(call: () => void): string {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) return 'n/a';
  const calls = 2000;
  for (let i = 0; i < calls; i++) call();
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < calls; i++) call();
  return String(Math.round((process.memoryUsage().heapUsed - before) / calls));
}
