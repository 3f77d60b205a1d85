export { findPorts, isFree, tryListen } from './ports.js';
export { commandLine, endProcess, endWith } from './processes.js';
export { shareInRun, type SharedServer } from './share-in-run.js';
