/** A logger that says nothing. */
export const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
