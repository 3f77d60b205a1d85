import type { EventDefinition } from './define-event.js';
import * as audit from './events/audit.events.js';
import * as delivery from './events/delivery.events.js';
import * as group from './events/group.events.js';
import * as mfa from './events/mfa.events.js';
import * as tenant from './events/tenant.events.js';
import * as user from './events/user.events.js';

function definitions(module: Record<string, unknown>): EventDefinition[] {
  return Object.values(module).filter(
    (value): value is EventDefinition =>
      typeof value === 'object' && value !== null && 'topic' in value && 'type' in value,
  );
}

/** Every event of the platform by type. */
export const EVENT_CATALOG: ReadonlyMap<string, EventDefinition> = new Map(
  [tenant, user, group, audit, delivery, mfa]
    .flatMap(module => definitions(module))
    .map(definition => [definition.type, definition]),
);
