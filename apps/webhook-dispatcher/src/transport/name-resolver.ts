import { lookup, Resolver } from 'node:dns/promises';

/** Turns a host name into all its addresses; injected for tests of the guard. */
export interface NameResolver {
  /** @throws Error when there is none, or no answer in time */
  resolve(hostname: string): Promise<string[]>;
}

/**
 * Asks the name servers directly, with a bound: the operating system's resolver has four threads in all, which a few names
 * with dead servers would take from everybody else. Only what the name servers deny is then asked there (hosts file, search
 * domains). Simultaneous questions for one name are one question.
 */
export class SystemNameResolver implements NameResolver {
  private readonly dns = new Resolver({ timeout: 1_500, tries: 2 });
  private readonly asked = new Map<string, Promise<string[]>>();

  resolve(hostname: string): Promise<string[]> {
    const running = this.asked.get(hostname);
    if (running) return running;
    const question = this.ask(hostname).finally(() => this.asked.delete(hostname));
    this.asked.set(hostname, question);
    return question;
  }

  private async ask(hostname: string): Promise<string[]> {
    const name = hostname.replace(/\.$/, '').toLowerCase();
    // RFC 6761 §6.3: never a question for a name server.
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1', '::1'];
    if (name.includes('.')) {
      const answers = await Promise.allSettled([this.dns.resolve4(hostname), this.dns.resolve6(hostname)]);
      const addresses = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []));
      if (addresses.length > 0) return addresses;
      const silent = answers.find(answer => answer.status === 'rejected' && !isDenial(answer.reason));
      if (silent?.status === 'rejected') throw silent.reason as Error;
    }
    const found = await lookup(hostname, { all: true, order: 'ipv4first' });
    return found.map(({ address }) => address);
  }
}

/** The name servers answered, and there is nothing. */
function isDenial(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOTFOUND' || code === 'ENODATA';
}
