export { readRunPid } from './config.js';
export { startContainer } from './container.js';
export { climb } from './ladder.js';
export { findPorts, isFree, tryListen } from './ports.js';
export { commandLine, endProcess, endWith, removeWith } from './processes.js';
export { shareInRun } from './share-in-run.js';
