export { inheritedEnvironment, readToolConfig, workspaceRoot, type ToolConfig } from './config.js';
export { DataDirectory, writePrivateJson } from './installation/data-directory.js';
export { InstallationDatabase, type DatabaseUrls } from './installation/database.js';
export { takeLock, type Lock } from './installation/lock.js';
export { migrateIfNeeded, type MigrationReport } from './installation/migrate.js';
export {
  readPlatformFile,
  removePlatformFile,
  writePlatformFile,
  type PlatformFile,
} from './installation/platform-file.js';
export { ensureSecrets, secretFiles, type DatabasePasswords, type SecretFiles } from './installation/secrets.js';
export { DATA_SERVICES, GATEWAY, OPERATOR, SERVICES, type ServiceProgram } from './installation/services.js';
export { Operator, PlatformDown } from './operator/operator.js';
export { buildProgram, EXIT_FAILED, EXIT_PLATFORM_DOWN, runProgram } from './program.js';
