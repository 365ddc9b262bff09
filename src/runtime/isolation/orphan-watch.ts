// A thread of the child of an isolated attempt: a handler that blocks the event loop cannot hear that its
// worker is gone, and would run on for ever with nobody to stop it.
const [worker] = process.argv.slice(2).map(Number);

setInterval(() => {
  // The group, with all that the handler has started.
  if (process.ppid !== worker) process.kill(-process.pid, 'SIGKILL');
}, 500);
