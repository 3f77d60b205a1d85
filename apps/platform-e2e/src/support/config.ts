import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type Bus = 'postgres' | 'kafka';
export type FaultsProfile = 'short' | 'full';

/** What the suites take from the environment; nothing else in this project reads it. */
export interface SuiteConfig {
  /** The checkout under test: this one, unless E2E_WORKSPACE names another. */
  readonly workspace: string;
  /** Folder under which each started platform gets a data folder of its own. */
  readonly scratch: string;
  /** The bus under test, passed through to the platform; undefined leaves the platform its default. */
  readonly bus: string | undefined;
  /** How much the fault suites do. */
  readonly faultsProfile: FaultsProfile;
  /** A platform that runs already (with its data folder): nothing is started or stopped then. */
  readonly running: { readonly baseUrl: string; readonly dataDir: string } | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

export function readSuiteConfig(): SuiteConfig {
  const {
    E2E_BASE_URL: baseUrl,
    E2E_DATA_DIR: dataDir,
    E2E_SCRATCH: scratch,
    E2E_WORKSPACE: workspace,
    BUS: bus,
    FAULTS_PROFILE: faultsProfile,
  } = process.env;
  return {
    workspace: resolve(workspace ?? join(import.meta.dirname, '../../../..')),
    scratch: scratch ?? join(tmpdir(), 'countersign-e2e'),
    bus,
    faultsProfile: faultsProfile === 'full' ? 'full' : 'short',
    running: baseUrl && dataDir ? { baseUrl, dataDir } : undefined,
    environment: process.env,
  };
}
