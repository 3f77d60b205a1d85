import { Child } from './child.js';

/** A tenant's receiver in a process of its own. */
export class Receiver {
  private constructor(
    private readonly child: Child<'port' | 'count', number>,
    /** The base URL for an endpoint. */
    readonly url: string,
  ) {}

  static async start(): Promise<Receiver> {
    const child = Child.start<'port' | 'count', number>(new URL('./receiver.process.js', import.meta.url));
    return new Receiver(child, `http://127.0.0.1:${await child.ask('port')}`);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** How many requests were answered so far. */
  count(): Promise<number> {
    return this.child.ask('count');
  }

  stop(): Promise<void> {
    return this.child.stop();
  }
}
