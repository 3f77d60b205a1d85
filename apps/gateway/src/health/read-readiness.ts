import { ReadinessRegistry, type Readiness } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { Upstreams } from '../proxy/upstreams.js';
import { SERVICE_NAMES } from '../routing/services.js';

/** How long an answer is given again: whoever asks often must not make the gateway knock at every service as often. */
const KEEP_MS = 500;

/**
 * Whether the platform as a whole can be used: the gateway itself, and every service behind it. The management port's /readyz
 * speaks of the gateway alone, because an orchestrator must not take all doors away when one service is down.
 */
@Injectable()
export class ReadReadiness {
  private last?: { at: number; answer: Promise<Readiness> };

  constructor(
    private readonly own: ReadinessRegistry,
    private readonly upstreams: Upstreams,
  ) {}

  execute(): Promise<Readiness> {
    const now = performance.now();
    if (!this.last || now - this.last.at > KEEP_MS || this.own.draining) this.last = { at: now, answer: this.read() };
    return this.last.answer;
  }

  private async read(): Promise<Readiness> {
    const [own, ...reached] = await Promise.all([
      this.own.read(),
      ...SERVICE_NAMES.map(async name => [name, (await this.upstreams.reach(name)) ?? 'ok'] as const),
    ]);
    const ready = own.status === 'ready' && reached.every(([, result]) => result === 'ok');
    return { status: ready ? 'ready' : 'not_ready', checks: { ...own.checks, ...Object.fromEntries(reached) } };
  }
}
