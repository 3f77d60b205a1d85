import { existsSync } from 'node:fs';
import { Operator, writePrivateJson, type DataDirectory } from '@countersign/cli';
import { DomainError } from '@countersign/kernel';

const DEMO = { slug: 'demo', name: 'Demo', adminLogin: 'admin' } as const;

export interface FirstLogin {
  tenant: string;
  login: string;
  oneTimePassword: string;
}

/**
 * Makes the demo tenant on a data folder's first start. The password goes into a file of the owner's as well, before it
 * is shown, so that a terminal that was closed too early locks nobody out; it counts for one login.
 */
export async function ensureDemoTenant(directory: DataDirectory): Promise<FirstLogin | undefined> {
  if (existsSync(directory.firstLoginFile)) return undefined;
  const operator = await Operator.connect(directory);
  try {
    const created = await operator.createTenant(DEMO);
    const first = { tenant: created.slug, login: created.adminLogin, oneTimePassword: created.adminPassword };
    writePrivateJson(directory.firstLoginFile, first);
    return first;
  } catch (error) {
    // It was made by a start that was killed before it could note the password.
    if (error instanceof DomainError && error.kind === 'conflict') return undefined;
    throw error;
  } finally {
    await operator.close();
  }
}
