import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { User } from '@countersign/contracts';

/** Plays user-lifecycle's `GET /internal/users/{id}` over real HTTP, and notes who asked for whom. */
export class FakeUserLifecycle {
  /** Users by `<tenant>/<id>`. */
  readonly users = new Map<string, User>();
  readonly asked: string[] = [];
  /** Whether it answers 503 to everything. */
  broken = false;
  /** What happens between a question and its answer. */
  meanwhile: () => Promise<unknown> = () => Promise.resolve();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeUserLifecycle> {
    const server = createServer();
    const fake = new FakeUserLifecycle(server);
    server.on('request', async (request, response) => {
      const key = `${String(request.headers['x-countersign-tenant'])}/${request.url?.split('/').at(-1)}`;
      fake.asked.push(key);
      await fake.meanwhile();
      const user = fake.users.get(key);
      const status = fake.broken ? 503 : user ? 200 : 404;
      const problem = { code: fake.broken ? 'overloaded' : 'not_found', detail: 'as the test wants it' };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(status === 200 ? user : problem));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }
}
