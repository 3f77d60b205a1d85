import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { invalidField } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { EnvelopeEncryption } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
/** OWASP's scrypt setting of 32 MiB (N = 2^15, r = 8, p = 3); answers are easily guessed, so each guess has to cost. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 } as const;
const BYTES = 32;

const keptSchema = z.record(z.string(), z.string());

/** Most questions of a user. */
export const MAX_QUESTIONS = 10;

/** What the caller says of its questions: an answer sets, null removes; null for all clears them. */
export type QuestionChanges = Readonly<Record<string, string | null>> | null;

/** Answers that were hashed before a transaction is opened for them. */
export type HashedQuestions = Readonly<Record<string, string | null>> | null;

/** A user's security questions: write-only, answers hashed (scrypt), questions and hashes sealed as a whole. */
@Injectable()
export class SecurityQuestions {
  constructor(private readonly encryption: EnvelopeEncryption) {}

  async hash(changes: QuestionChanges): Promise<HashedQuestions> {
    if (changes === null) return null;
    const hashed: Record<string, string | null> = {};
    // One after the other: each takes 32 MiB while it runs.
    for (const [question, answer] of Object.entries(changes))
      hashed[question] = answer === null ? null : await hashAnswer(answer);
    return hashed;
  }

  /**
   * Merges the changes into what is kept; the user's row must be locked, or new.
   * @throws DomainError 422 `too_many_questions`
   */
  async save(tx: TenantTransaction, userId: string, changes: HashedQuestions): Promise<void> {
    const kept = changes === null ? {} : { ...(await this.read(tx, userId)), ...changes };
    const next = Object.fromEntries(Object.entries(kept).filter(([, hash]) => hash !== null));
    if (Object.keys(next).length === 0) {
      await tx.query(`delete from security_questions where tenant_id = $1 and user_id = $2`, [tx.tenantId, userId]);
      return;
    }
    if (Object.keys(next).length > MAX_QUESTIONS) {
      const message = `A user has at most ${MAX_QUESTIONS} security questions; remove another one with null`;
      throw invalidField('/securityQuestion', 'too_many_questions', message);
    }
    const sealed = this.encryption.seal(this.context(tx, userId), JSON.stringify(next));
    await tx.query(
      `insert into security_questions (tenant_id, user_id, sealed) values ($1, $2, $3)
       on conflict (tenant_id, user_id) do update set sealed = excluded.sealed`,
      [tx.tenantId, userId, sealed],
    );
  }

  async remove(tx: TenantTransaction, userId: string): Promise<void> {
    await this.save(tx, userId, null);
  }

  private async read(tx: TenantTransaction, userId: string): Promise<Record<string, string>> {
    const [row] = await tx.query<{ sealed: Buffer }>(
      `select sealed from security_questions where tenant_id = $1 and user_id = $2`,
      [tx.tenantId, userId],
    );
    return row ? keptSchema.parse(JSON.parse(this.encryption.openText(this.context(tx, userId), row.sealed))) : {};
  }

  private context(tx: TenantTransaction, userId: string) {
    return { tenantId: tx.tenantId, purpose: 'security-questions', id: userId };
  }
}

/** People do not remember how they spelled it: case, accents' form and outer spaces do not count. */
function normal(answer: string): string {
  return answer.trim().replace(/\s+/g, ' ').normalize('NFKC').toLowerCase();
}

async function hashAnswer(answer: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(normal(answer), salt, BYTES, COST);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Whether the answer is the one that was hashed. */
export async function verifyAnswer(hash: string, answer: string): Promise<boolean> {
  const [, n, r, p, salt, key] = hash.split('$');
  const options = { N: Number(n), r: Number(r), p: Number(p), maxmem: COST.maxmem };
  const expected = Buffer.from(key!, 'base64url');
  return timingSafeEqual(
    await derive(normal(answer), Buffer.from(salt!, 'base64url'), expected.length, options),
    expected,
  );
}
