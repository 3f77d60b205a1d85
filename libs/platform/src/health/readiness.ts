/** One thing that must hold before a service takes requests. */
export interface ReadinessCheck {
  name: string;
  /** Resolves to undefined when it holds, else to the reason, in words an operator can act on. */
  check(): Promise<string | undefined>;
}

export interface Readiness {
  status: 'ready' | 'not_ready';
  checks: Record<string, string>;
}

/** The service's readiness: all checks, each within 2 s; draining makes it not ready at once. */
export class ReadinessRegistry {
  private readonly checks: ReadinessCheck[] = [];
  draining = false;

  add(check: ReadinessCheck): void {
    this.checks.push(check);
  }

  async read(): Promise<Readiness> {
    const results = await Promise.all(
      this.checks.map(async check => [check.name, (await run(check)) ?? 'ok'] as const),
    );
    if (this.draining) results.push(['draining', 'the service is stopping']);
    const ready = results.every(([, result]) => result === 'ok');
    return { status: ready ? 'ready' : 'not_ready', checks: Object.fromEntries(results) };
  }
}

async function run(check: ReadinessCheck): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>(resolve => {
    timer = setTimeout(() => resolve('no answer within 2 s'), 2_000);
  });
  try {
    return await Promise.race([check.check(), late]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
