import type { z } from 'zod';
import type { EventDefinition } from '../define-event.js';

/** How an endpoint takes part in a hook (webhooks.json, `modes`); `test` is sent by save & test only. */
export const HOOK_MODES = ['decide', 'enrich', 'notify', 'shadow', 'test'] as const;
export type HookMode = (typeof HOOK_MODES)[number];

/** What the platform does when an awaited hook gives no usable answer. */
export const FAILURE_POLICIES = ['deny', 'allow', 'allow_and_recheck'] as const;
export type FailurePolicy = (typeof FAILURE_POLICIES)[number];

export interface HookDefinition<Name extends string = string> {
  readonly hook: Name;
  /** Appended to the endpoint's base URL. */
  readonly path: `/${string}`;
  /** For people: when it is sent. */
  readonly firedWhen: string;
  /** Modes that an endpoint may choose; the first is the default. */
  readonly modes: readonly [HookMode, ...HookMode[]];
  /** A notify hook that is sent before the fact and waited for within the announce bound. */
  readonly announced?: boolean;
  /** Default failure policy of its awaited modes. */
  readonly failurePolicy: FailurePolicy;
  /** How an awaited answer is read. */
  readonly answer: 'user' | 'mappedValue' | 'boolean' | 'any' | 'none';
  readonly request: z.ZodType;
  readonly sampleRequest: unknown;
  readonly sampleResponse: unknown;
  /** Events that a notify hook is made from. Announced and awaited hooks are asked over HTTP instead. */
  readonly events?: readonly HookTrigger[];
}

export interface HookTrigger {
  readonly event: EventDefinition;
  /** Whether this event of the type concerns the hook; all do when absent. */
  readonly when?: (data: never) => boolean;
  /** The value of the body's `request` member. */
  readonly request: (data: never) => unknown;
}

export function defineHook<Name extends string>(definition: HookDefinition<Name>): HookDefinition<Name> {
  return Object.freeze(definition);
}

/** A trigger whose functions are typed by its event. */
export function trigger<E extends EventDefinition>(
  event: E,
  options: { when?: (data: z.output<E['schema']>) => boolean; request: (data: z.output<E['schema']>) => unknown },
): HookTrigger {
  return { event, ...options } as HookTrigger;
}
