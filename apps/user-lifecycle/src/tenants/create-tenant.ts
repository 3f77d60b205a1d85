import { randomUUID } from 'node:crypto';
import { TenantCreated, type CreatedTenant } from '@countersign/contracts';
import {
  DomainError,
  invalidField,
  newId,
  tenantId as toTenantId,
  type Clock,
  type Id,
  type TenantId,
} from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { retrySerialization, UnitOfWork } from '@countersign/persistence';
import { CLOCK, EnvelopeEncryption, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { AttributeCatalogRepository } from '../attributes/attribute-catalog.repository.js';
import { searchKey } from '../filtering/search-key.js';
import { CredentialClient } from '../users/credential-client.js';
import { ReservationsRepository } from '../users/reservations.repository.js';
import { UserFacts } from '../users/user-facts.js';
import { newUser } from '../users/user-state.js';
import { isLogin } from '../users/user.schema.js';
import { UserRepository } from '../users/user.repository.js';
import { oneTimePassword } from './one-time-password.js';
import { TenantRepository, type Tenant, type TenantCreation } from './tenant.repository.js';

/** Longer than the one call to auth-mfa that an attempt makes, in seconds. */
const LEASE_SECONDS = 10;
/** Names that mean something else where a tenant's slug stands. */
const RESERVED: readonly string[] = ['platform', 'system'];

export interface CreateTenantCommand {
  slug: string;
  name?: string;
  adminLogin: string;
  adminEmail?: string;
}

/**
 * Creates a tenant with its first administrator, whose one-time password is set at auth-mfa before the commit: when this
 * returns, that login works. No hook is asked. An attempt that died half way is gone on with by the next one, under the same
 * user and password; a slug that was ever used is never given again.
 */
@Injectable()
export class CreateTenant {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly encryption: EnvelopeEncryption,
    private readonly credentials: CredentialClient,
    private readonly tenants: TenantRepository,
    private readonly catalogs: AttributeCatalogRepository,
    private readonly users: UserRepository,
    private readonly reservations: ReservationsRepository,
    private readonly facts: UserFacts,
    private readonly outbox: Outbox,
  ) {}

  /** @throws DomainError 409 `tenant_exists`, `tenant_being_created`; 422 naming the field */
  async execute(command: CreateTenantCommand): Promise<CreatedTenant> {
    const tenantId = toTenantId(command.slug);
    if (RESERVED.includes(tenantId))
      throw invalidField('/slug', 'reserved_slug', `The slug ${tenantId} is reserved; choose another`);
    if (!isLogin(command.adminLogin)) {
      throw invalidField(
        '/adminLogin',
        'invalid_login',
        'A login has 1 to 128 characters without spaces, colons or control characters',
      );
    }
    const creation = await this.begin(tenantId);
    try {
      const adminPassword = this.encryption.openText(seal(tenantId), creation.adminPassword);
      const login = command.adminLogin.normalize('NFKC');
      await this.credentials.setFirst(tenantId, creation.adminUserId, {
        login,
        password: adminPassword,
        oneTime: true,
      });
      await retrySerialization(() => this.commit(tenantId, command, creation));
      return { tenantId, slug: tenantId, adminLogin: login, adminPassword };
    } catch (error) {
      await this.uow.run(tenantId, tx => this.tenants.yieldCreation(tx, creation.attempt)).catch(() => undefined);
      throw error;
    }
  }

  private begin(tenantId: TenantId): Promise<TenantCreation> {
    const fresh = {
      adminUserId: newId('usr'),
      adminPassword: this.encryption.seal(seal(tenantId), oneTimePassword()),
      attempt: randomUUID(),
    };
    return this.uow.run(tenantId, async tx => {
      const creation = await this.tenants.beginCreation(tx, fresh, LEASE_SECONDS);
      // After the insert, which waits for an attempt that is ending: a tenant that it made is seen here.
      if (await this.tenants.find(tx)) throw tenantExists(tenantId);
      if (!creation) {
        const message = `The tenant ${tenantId} is being created by another command`;
        throw new DomainError('tenant_being_created', 'conflict', message, { retryAfter: LEASE_SECONDS });
      }
      return creation;
    });
  }

  private commit(tenantId: TenantId, command: CreateTenantCommand, creation: TenantCreation): Promise<void> {
    const now = this.clock.now();
    const tenant: Tenant = {
      id: tenantId,
      name: command.name ?? tenantId,
      status: 'active',
      createdAt: now.toISOString(),
      version: 1,
    };
    const admin = newUser(
      creation.adminUserId as Id<'usr'>,
      command.adminLogin,
      {
        firstName: 'Administrator',
        lastName: tenant.name,
        email: command.adminEmail ?? null,
        roles: ['ORG_ADMIN', 'USER'],
      },
      now,
    );
    return this.uow.run(tenantId, async tx => {
      // Gone when another attempt took over an attempt that outlived its lease.
      if (!(await this.tenants.endCreation(tx, creation.attempt))) throw tenantExists(tenantId);
      await this.tenants.insert(tx, tenant);
      await this.catalogs.create(tx);
      await this.reservations.reserve(tx, creation.attempt, admin.id, [
        { name: 'login', value: searchKey(admin.login) },
      ]);
      await this.reservations.confirm(tx, creation.attempt, [{ name: 'login', value: searchKey(admin.login) }]);
      await this.users.insert(tx, admin);
      await this.outbox.add(tx, TenantCreated, tenant.id, { tenant, aggregateVersion: tenant.version });
      await recordAudit(this.outbox, tx, {
        action: 'tenant.created',
        target: { type: 'tenant', id: tenant.id },
        changes: { name: { after: tenant.name } },
      });
      await this.facts.created(tx, admin, ['password']);
    });
  }
}

function seal(tenantId: TenantId) {
  return { tenantId, purpose: 'tenant-creation', id: tenantId };
}

function tenantExists(slug: string): DomainError {
  const message = `The slug ${slug} is in use, or was once; slugs are never reused`;
  return new DomainError('tenant_exists', 'conflict', message, {
    errors: [{ pointer: '/slug', code: 'tenant_exists', message }],
  });
}
