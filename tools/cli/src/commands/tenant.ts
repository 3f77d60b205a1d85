import type { Command } from 'commander';
import { z } from 'zod';
import type { Operator } from '../operator/operator.js';
import { print, table } from './output.js';
import { withOperator } from './with-operator.js';

const tenantSchema = z.looseObject({ id: z.string(), status: z.string(), name: z.string(), createdAt: z.string() });
const pageSchema = z.object({ data: z.array(tenantSchema), page: z.object({ next: z.string().nullable() }) });
type Tenant = z.output<typeof tenantSchema>;

export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('create, list and disable tenants');
  tenant
    .command('create')
    .argument('<slug>', '2 to 32 of a-z, 0-9 and inner hyphens; never changed, never used again')
    .requiredOption('--admin-login <login>', 'login of the first administrator')
    .option('--admin-email <email>', "the administrator's address")
    .option('--name <name>', 'name for people; default: the slug')
    .description('create a tenant; prints the one-time password of its administrator, once')
    .action(createTenant);
  tenant.command('list').description('list the tenants').action(listTenants);
  tenant
    .command('disable')
    .argument('<slug>')
    .description('refuse every login and token of a tenant; its data stay')
    .action(disableTenant);
}

async function createTenant(
  slug: string,
  options: { adminLogin: string; adminEmail?: string; name?: string },
  command: Command,
): Promise<void> {
  await withOperator(async operator => {
    const { adminLogin, adminEmail, name } = options;
    const created = await operator.createTenant({ slug, adminLogin, adminEmail, name });
    print(
      command,
      created,
      `Tenant ${created.slug} is there.\n` +
        `  sign in at         ${operator.publicUrl} (POST /v1/login)\n` +
        `  tenant             ${created.slug}\n` +
        `  login              ${created.adminLogin}\n` +
        `  one-time password  ${created.adminPassword}\n` +
        'The password is shown only here; the first login asks for a new one.',
    );
  });
}

async function listTenants(_options: unknown, command: Command): Promise<void> {
  await withOperator(async operator => {
    const tenants = (await allTenants(operator)).map(tenant => ({ slug: tenant.id, ...tenant }));
    const rows = tenants.map(({ slug, status, createdAt, name }) => [slug, status, createdAt, name]);
    const text = rows.length === 0 ? 'No tenant yet.' : table(['SLUG', 'STATUS', 'CREATED', 'NAME'], rows);
    print(command, tenants, text);
  });
}

async function allTenants(operator: Operator): Promise<Tenant[]> {
  const all: Tenant[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const path: string = `/internal/tenants?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { data, page } = await operator.call('user-lifecycle', { method: 'GET', path, answer: pageSchema });
    all.push(...data);
    cursor = page.next;
  }
  return all;
}

async function disableTenant(slug: string, _options: unknown, command: Command): Promise<void> {
  await withOperator(async operator => {
    const path = `/internal/tenants/${encodeURIComponent(slug)}/disable`;
    await operator.call('user-lifecycle', { method: 'POST', path });
    print(
      command,
      { slug, status: 'disabled' },
      `Tenant ${slug} is disabled: its tokens end within 2 s, logins are refused.`,
    );
  });
}
