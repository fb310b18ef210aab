/** Waits for the end of the time, a signal, or the end of the process that started this one. */
export async function untilEnd(signal: AbortSignal, seconds: number | undefined): Promise<void> {
  // `connected` is there only in a process that another one of ours has started.
  if (signal.aborted || process.connected === false) return;
  await new Promise<void>((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(() => end(), seconds * 1000);
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      process.off('disconnect', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    process.on('disconnect', end);
  });
}
