import { randomBytes } from 'node:crypto';
import { DomainError, type Clock } from '@countersign/kernel';
import { UnitOfWork, type SystemTransaction } from '@countersign/persistence';
import { CLOCK, EnvelopeEncryption } from '@countersign/platform';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { scheduleKeys } from './key-schedule.js';
import { SigningKeyRepository, type KeptKey } from './signing-key.repository.js';

/** So old is what a replica knows of the keys at most, in milliseconds: changes by other replicas are seen within it. */
const RELOAD_MS = 30_000;

export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
}

/**
 * The platform's keys. They are made at the first boot, by one replica while the others wait; private parts are sealed at
 * rest and open in memory only. The next key is always published ahead (`scheduleKeys`).
 */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private keys: KeptKey[] = [];
  private loadedAt = -Infinity;
  private loading?: Promise<void>;
  private readonly opened = new Map<string, Promise<CryptoKey>>();
  private mac?: Buffer;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly encryption: EnvelopeEncryption,
    private readonly repository: SigningKeyRepository,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.maintain();
  }

  /** Makes what is missing, removes what has expired; safe to call at any time by any number of replicas. */
  async maintain(): Promise<void> {
    await this.uow.system('signing keys', async tx => {
      await this.repository.lock(tx);
      const all = await this.repository.all(tx);
      if (!all.some(key => key.purpose === 'back_off')) await this.makeMacKey(tx);
      const pairs = all.filter(key => key.purpose === 'access_token');
      const now = this.clock.now();
      if (pairs.length === 0) pairs.push(await this.makePair(tx, now));
      const { next, nextFrom, expired } = scheduleKeys(pairs, now);
      if (!next) await this.makePair(tx, nextFrom);
      if (expired.length > 0) await this.repository.remove(tx, expired);
    });
    await this.reload();
  }

  /**
   * Signs with the published next key from now on, and publishes another next.
   * @throws DomainError 409 `key_too_new` while some replica may not publish the next key yet
   */
  async rotate(): Promise<{ kid: string; nextKid: string }> {
    const result = await this.uow.system('rotate signing keys', async tx => {
      await this.repository.lock(tx);
      const now = this.clock.now();
      const pairs = (await this.repository.all(tx)).filter(key => key.purpose === 'access_token');
      const next = pairs.find(key => key.kid === scheduleKeys(pairs, now).next);
      if (!next) throw new Error('There is no next signing key: maintain() has not run');
      if (now.getTime() - next.createdAt.getTime() < 2 * RELOAD_MS) {
        throw new DomainError(
          'key_too_new',
          'conflict',
          'The next key was made a moment ago; rotate again in a minute',
        );
      }
      await this.repository.activate(tx, next.kid, now);
      const { nextFrom } = scheduleKeys([...pairs.filter(key => key !== next), { ...next, activeFrom: now }], now);
      const made = await this.makePair(tx, nextFrom);
      return { kid: next.kid, nextKid: made.kid };
    });
    await this.reload();
    return result;
  }

  /** Seals again, under the current envelope key, every key that is sealed under another. Answers how many. */
  reseal(): Promise<number> {
    return this.uow.system('reseal signing keys', async tx => {
      await this.repository.lock(tx);
      const all = await this.repository.all(tx);
      const old = all.filter(key => EnvelopeEncryption.keyIdOf(key.secretSealed) !== this.encryption.currentKeyId);
      for (const key of old) {
        const context = sealContext(key.kid);
        await this.repository.reseal(
          tx,
          key.kid,
          this.encryption.seal(context, this.encryption.open(context, key.secretSealed)),
        );
      }
      return old.length;
    });
  }

  /** The key that signs now. */
  async current(): Promise<SigningKey> {
    await this.fresh();
    const pairs = this.keys.filter(key => key.purpose === 'access_token');
    const key = pairs.find(each => each.kid === scheduleKeys(pairs, this.clock.now()).current);
    if (!key) throw new DomainError('starting', 'unavailable', 'The signing keys are not made yet', { retryAfter: 1 });
    return { kid: key.kid, privateKey: await this.open(key) };
  }

  /** The published keys (RFC 7517): those that sign, did and will. */
  async jwks(): Promise<{ keys: JWK[] }> {
    await this.fresh();
    return { keys: this.keys.flatMap(key => (key.publicJwk ? [key.publicJwk] : [])) };
  }

  /** The key under which logins and networks are hidden where failures are counted. */
  async macKey(): Promise<Buffer> {
    await this.fresh();
    const key = this.keys.find(each => each.purpose === 'back_off');
    if (!key) throw new DomainError('starting', 'unavailable', 'The keys are not made yet', { retryAfter: 1 });
    return (this.mac ??= this.encryption.open(sealContext(key.kid), key.secretSealed));
  }

  private async fresh(): Promise<void> {
    if (performance.now() - this.loadedAt > RELOAD_MS) await (this.loading ??= this.reload());
  }

  private async reload(): Promise<void> {
    try {
      this.keys = await this.uow.system('load signing keys', tx => this.repository.all(tx));
      this.loadedAt = performance.now();
    } finally {
      this.loading = undefined;
    }
  }

  private open(key: KeptKey): Promise<CryptoKey> {
    let opened = this.opened.get(key.kid);
    if (!opened) {
      const jwk = JSON.parse(this.encryption.openText(sealContext(key.kid), key.secretSealed)) as JWK;
      opened = importJWK(jwk, 'ES256') as Promise<CryptoKey>;
      this.opened.set(key.kid, opened);
    }
    return opened;
  }

  private async makePair(tx: SystemTransaction, activeFrom: Date): Promise<KeptKey> {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    const key: KeptKey = {
      kid,
      purpose: 'access_token',
      publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' },
      secretSealed: this.encryption.seal(sealContext(kid), JSON.stringify(await exportJWK(privateKey))),
      createdAt: this.clock.now(),
      activeFrom,
    };
    await this.repository.add(tx, key);
    return key;
  }

  private async makeMacKey(tx: SystemTransaction): Promise<void> {
    const kid = `mac-${randomBytes(8).toString('hex')}`;
    const now = this.clock.now();
    const secretSealed = this.encryption.seal(sealContext(kid), randomBytes(32));
    await this.repository.add(tx, {
      kid,
      purpose: 'back_off',
      publicJwk: null,
      secretSealed,
      createdAt: now,
      activeFrom: now,
    });
  }
}

const sealContext = (kid: string) => ({ tenantId: 'platform' as const, purpose: 'signing-key', id: kid });
