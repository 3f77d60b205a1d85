import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A part of a benchmark that must not share its thread with another one. It ends with this process. */
export class Child<Request, Reply> {
  private constructor(private readonly process: ChildProcess) {}

  /** @param module file beside the caller's, as it is built */
  static start<Request, Reply>(module: URL, args: readonly string[] = []): Child<Request, Reply> {
    return new Child(fork(module, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** One question at a time. @throws Error when the child ends without an answer */
  async ask(request: Request): Promise<Reply> {
    const { process } = this;
    const stop = new AbortController();
    const died = once(process, 'exit', { signal: stop.signal }).then(([code]) => {
      throw new Error(`A part of the benchmark ended with ${String(code)}`);
    });
    died.catch(() => undefined);
    try {
      const answer = once(process, 'message', { signal: stop.signal }) as Promise<[Reply]>;
      answer.catch(() => undefined);
      process.send(request as object);
      const [reply] = await Promise.race([answer, died]);
      return reply;
    } finally {
      stop.abort();
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }
}

/** The child's side: answers each request, and ends when its parent does. */
export function serve<Request, Reply>(answer: (request: Request) => Promise<Reply> | Reply): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (request: Request) => {
    void Promise.resolve(answer(request)).then(
      reply => process.send?.(reply as object),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
}
