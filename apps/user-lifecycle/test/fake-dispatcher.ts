import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  announceHookSchema,
  askHookSchema,
  hookVerdictSchema,
  type HookOutcome,
  type HookVerdict,
} from '@countersign/contracts';
import { SERVICE_HEADER, TENANT_HEADER, type ServiceTokens } from '@countersign/platform';
import type { ServiceKeys } from '@countersign/testing';
import type { z } from 'zod';

export interface RecordedCall {
  kind: 'ask' | 'announce';
  tenantId: string;
  hook: string;
  userId: string;
  user: z.output<typeof askHookSchema>['request']['user'];
  later?: string[];
  dryRun: boolean;
  budgetMs?: number;
  actor?: string;
}

type Answer = HookOutcome | ((call: RecordedCall) => HookOutcome | Promise<HookOutcome>);

/** Plays webhook-dispatcher's internal routes: records what it is asked and answers as a test says; else nothing changes. */
export class FakeDispatcher {
  readonly calls: RecordedCall[] = [];
  readonly verdicts: (HookVerdict & { deliveryId: string })[] = [];
  private readonly answers = new Map<string, Answer>();
  private readonly announced = new Map<string, (call: RecordedCall) => Promise<void>>();
  private readonly untaken = new Set<string>();
  private down = false;

  private constructor(
    private readonly server: Server,
    private readonly verifier: ServiceTokens,
  ) {}

  static async start(keys: ServiceKeys): Promise<FakeDispatcher> {
    const server = createServer();
    const dispatcher = new FakeDispatcher(server, await keys.tokens('webhook-dispatcher'));
    server.on('request', (request, response) => {
      dispatcher.handle(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return dispatcher;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Answers the hook from now on, for every tenant. */
  answer(hook: string, answer: Answer): void {
    this.answers.set(hook, answer);
  }

  /** Says from now on that nobody takes the hook, when one before it is asked. */
  nobodyTakes(hook: string): void {
    this.untaken.add(hook);
  }

  /** Runs while the announcement is under way; its caller waits for it. */
  whileAnnounced(hook: string, work: (call: RecordedCall) => Promise<void>): void {
    this.announced.set(hook, work);
  }

  /** Answers everything with 503 from now on. */
  breakDown(): void {
    this.down = true;
  }

  /** Calls on one user, as `ask validateUser`. */
  callsOf(userId: string): string[] {
    return this.calls.filter(call => call.userId === userId).map(call => `${call.kind} ${call.hook}`);
  }

  reset(): void {
    this.calls.length = 0;
    this.verdicts.length = 0;
    this.answers.clear();
    this.announced.clear();
    this.untaken.clear();
    this.down = false;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.verifier.verify(String(request.headers[SERVICE_HEADER]));
    const tenantId = String(request.headers[TENANT_HEADER]);
    const actor = request.headers['x-countersign-actor'] as string | undefined;
    const body = JSON.parse(await text(request)) as unknown;
    const answer = (status: number, json?: unknown) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(json === undefined ? '' : JSON.stringify(json));
    };
    if (this.down) return answer(503, { code: 'starting' });
    if (request.url === '/internal/hooks/ask') {
      const { request: asked, ...rest } = askHookSchema.parse(body);
      const call: RecordedCall = { kind: 'ask', tenantId, user: asked.user, actor, ...rest };
      this.calls.push(call);
      const given = this.answers.get(call.hook) ?? { outcome: 'unchanged' };
      const outcome = typeof given === 'function' ? await given(call) : given;
      return answer(200, { outcome, untaken: rest.later.filter(hook => this.untaken.has(hook)) });
    }
    if (request.url === '/internal/hooks/announce') {
      const { request: announced, ...rest } = announceHookSchema.parse(body);
      const call: RecordedCall = { kind: 'announce', tenantId, user: announced.user, dryRun: false, actor, ...rest };
      this.calls.push(call);
      await this.announced.get(call.hook)?.(call);
      return answer(200, { deliveries: [] });
    }
    const delivery = /^\/internal\/deliveries\/([^/]+)\/verdict$/.exec(request.url ?? '');
    if (!delivery) return answer(404);
    this.verdicts.push({ deliveryId: delivery[1]!, ...hookVerdictSchema.parse(body) });
    answer(204);
  }
}
