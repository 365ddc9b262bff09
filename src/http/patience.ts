/** How long a handler may take before it is answered for. */
export const handlerMs = 30_000;

/** For a route that is to take its time: what it waits for ends it. */
export const endless = { handlerTimeout: 2 ** 31 - 1 };
