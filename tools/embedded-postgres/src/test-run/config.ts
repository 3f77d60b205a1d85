/** The environment that tests read. */
export interface TestConfig {
  /**
   * Superuser's URL of a PostgreSQL (16 or newer) that tests may make databases and roles in. What is tested never sees it:
   * a service that a test starts is handed the URLs of the database that was made for it.
   */
  givenUrl?: string;
}

export function readTestConfig(env: NodeJS.ProcessEnv = process.env): TestConfig {
  return { givenUrl: env['DATABASE_URL'] || undefined };
}
