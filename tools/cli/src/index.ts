export { inheritedEnvironment, readToolConfig, workspaceRoot } from './config.js';
export { DataDirectory, writePrivateJson } from './installation/data-directory.js';
export { InstallationDatabase } from './installation/database.js';
export { takeLock, type Lock } from './installation/lock.js';
export { migrateIfNeeded } from './installation/migrate.js';
export {
  readPlatformFile,
  removePlatformFile,
  writePlatformFile,
  type PlatformFile,
} from './installation/platform-file.js';
export type { DatabaseUrls } from './installation/provisioned-database.js';
export { secretFiles, type SecretFiles } from './installation/secrets.js';
export { GATEWAY, SERVICES } from './installation/services.js';
export { Operator, PlatformDown } from './operator/operator.js';
