/** The word that starts a worker of a suite: of the command itself, not for users. */
export const WORKER = 'suite-worker';
