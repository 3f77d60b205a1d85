import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.js';
import { PasswordHashing } from './password-hashing.js';

/** Hashes whose end the test decides. */
class SlowHasher extends PasswordHasher {
  readonly open: (() => void)[] = [];
  most = 0;
  private running = 0;

  async hash(password: string): Promise<string> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise<void>(resolve => this.open.push(resolve));
    this.running -= 1;
    return `hash of ${password}`;
  }

  verify(): Promise<boolean> {
    return Promise.reject(new Error('the library failed'));
  }
}

const bounds = (concurrency: number, queue: number) => ({
  PASSWORD_HASH_CONCURRENCY: concurrency,
  PASSWORD_HASH_QUEUE: queue,
});
const turns = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

describe('bounded hashing', () => {
  it('runs as many as there are places, in the order of arrival', async () => {
    const hasher = new SlowHasher();
    const hashing = new PasswordHashing(hasher, bounds(2, 10));
    const done: string[] = [];
    const calls = ['a', 'b', 'c', 'd'].map(name => hashing.admit(use => use.hash(name)).then(() => done.push(name)));
    await turns();
    expect(hasher.open).toHaveLength(2);
    for (let ended = 0; ended < 4; ended++) {
      hasher.open[ended]!();
      await turns();
    }
    await Promise.all(calls);
    expect(done).toEqual(['a', 'b', 'c', 'd']);
    expect(hasher.most).toBe(2);
  });

  it('refuses at once what could only wait too long, and lets in again what comes later', async () => {
    const hasher = new SlowHasher();
    const hashing = new PasswordHashing(hasher, bounds(1, 1));
    const first = hashing.admit(use => use.hash('a'));
    const second = hashing.admit(use => use.hash('b'));
    const refused = await hashing.admit(use => use.hash('c')).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'overloaded', kind: 'unavailable', retryAfter: 1 });
    await turns();
    hasher.open[0]!();
    await first;
    const third = hashing.admit(use => use.hash('d'));
    await turns();
    hasher.open[1]!();
    await second;
    await turns();
    hasher.open[2]!();
    expect(await third).toBe('hash of d');
  });

  it('gives its place back when hashing fails', async () => {
    const hashing = new PasswordHashing(new SlowHasher(), bounds(1, 0));
    for (let i = 0; i < 3; i++) {
      await expect(hashing.admit(use => use.verify('', ''))).rejects.toThrow('the library failed');
    }
  });
});
