/**
 * Calls `stop` on the first SIGINT or SIGTERM and ends the process with `status` when it is done; a second
 * signal ends it at once (status 130), and what runs is left to rescue. The returned function ends the watch.
 */
export function stopOnSignals(
  stop: (signal: NodeJS.Signals) => Promise<void>,
  status = 0,
): () => void {
  let stopping = false;
  function onSignal(signal: NodeJS.Signals): void {
    if (stopping) process.exit(130);
    stopping = true;
    stop(signal).then(
      () => process.exit(status),
      (error: unknown) => {
        process.stderr.write(
          `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        );
        process.exit(1);
      },
    );
  }
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
