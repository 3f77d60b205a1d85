/** What the API shows, as far as the suites read it (api.md). */

export interface Page<T> {
  readonly data: readonly T[];
  readonly page: { readonly next: string | null; readonly limit: number };
}

export interface User {
  readonly id: string;
  readonly login: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly userType?: string | null;
  readonly country?: string | null;
  readonly email?: string | null;
  readonly mobile?: string | null;
  readonly manager?: string | null;
  readonly assignedGroups: readonly string[];
  readonly provisionedApps: Readonly<Record<string, unknown>>;
  readonly securityQuestion: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
  readonly status: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly version: number;
  readonly dryRun?: boolean;
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
}

export interface AuditRow {
  readonly id: string;
  readonly at: string;
  readonly actor: { readonly type: string; readonly id: string };
  readonly action: string;
  readonly target: { readonly type: string; readonly id: string };
  readonly changes: unknown;
  readonly traceId: string;
}

export interface TestResult {
  readonly ok: boolean;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  } | null;
  readonly latencyMs: number;
  readonly error?: unknown;
}

export interface Endpoint {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly enabled: boolean;
  readonly hooks: readonly { readonly hook: string; readonly mode?: string; readonly failurePolicy?: string }[];
  readonly secret?: string;
  readonly test?: TestResult;
}

export interface Delivery {
  readonly id: string;
  readonly hook: string;
  readonly state: string;
  readonly awaited?: boolean;
  readonly verdict?: unknown;
  readonly reason?: string;
  readonly attempts?: readonly DeliveryAttempt[];
}

/** Shown as the API shows it: the suites look for what must and must not be in its text. */
export type DeliveryAttempt = Readonly<Record<string, unknown>>;
