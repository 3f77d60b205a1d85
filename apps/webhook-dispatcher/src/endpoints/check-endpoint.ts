import { coversRoles } from '@countersign/contracts';
import { DomainError, type FieldError } from '@countersign/kernel';
import type { Principal } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import { isIP } from 'node:net';
import { AddressPolicy } from '../transport/address-policy.js';
import { caBundleError, isAuthHeaderAllowed, refusedHeaders, type EndpointSettings } from './endpoint.schema.js';
import { choosableHook, type EndpointHook } from './endpoint.js';

/** Checks the meaning of an endpoint's settings, whatever their form. */
@Injectable()
export class CheckEndpoint {
  constructor(private readonly policy: AddressPolicy) {}

  /**
   * @returns the hooks with their modes filled in
   * @throws DomainError 422 naming each refused field; 403 `role_not_covered` when the token would have more than the caller
   */
  execute(settings: EndpointSettings, principal: Pick<Principal, 'roles'>): EndpointHook[] {
    if (!coversRoles(principal.roles, settings.token.roles)) {
      throw new DomainError('role_not_covered', 'forbidden', 'An endpoint cannot have roles that you do not have', {
        errors: [{ pointer: '/token/roles', code: 'role_not_covered', message: 'Choose roles that you have yourself' }],
      });
    }
    const errors = [...this.urlErrors(settings.url), ...headerErrors(settings.headers)];
    if (settings.auth?.type === 'header' && !isAuthHeaderAllowed(settings.auth.name)) {
      errors.push({
        pointer: '/auth/name',
        code: 'header_not_allowed',
        message: `${settings.auth.name} is set by the platform or the connection`,
      });
    }
    const bundle = settings.caBundle === null ? undefined : caBundleError(settings.caBundle);
    if (bundle) errors.push({ pointer: '/caBundle', code: 'invalid_ca_bundle', message: bundle });
    if (errors.length > 0) throw refused('validation_failed', errors);
    return hooksOf(settings);
  }

  private urlErrors(text: string): FieldError[] {
    const error = (code: string, message: string): FieldError[] => [{ pointer: '/url', code, message }];
    if (!URL.canParse(text))
      return error('invalid_url', 'Send an absolute URL such as https://hooks.example.com/webhook');
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      return error('invalid_url', 'The URL must begin with https://');
    if (url.username !== '' || url.password !== '')
      return error('invalid_url', 'Credentials do not belong in the URL; use `auth`');
    if (url.hash !== '')
      return error('invalid_url', 'A URL with a fragment cannot be called; leave out # and what follows');
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const literal = isIP(host) !== 0 ? host : /^(.+\.)?localhost\.?$/i.test(host) ? '127.0.0.1' : undefined;
    if (literal !== undefined) {
      const verdict = this.policy.judge(literal, Number(url.port) || (url.protocol === 'https:' ? 443 : 80));
      if (!verdict.allowed) return error('target_denied', `Webhooks cannot be sent there: ${verdict.reason}`);
      if (url.protocol === 'http:' && verdict.rule !== 'operator')
        return error('https_required', 'Public targets are reached over https only');
    } else if (url.protocol === 'http:' && !this.policy.allowsPrivate) {
      return error(
        'https_required',
        'Use https: http is for private targets that the operator allowed, and it allowed none',
      );
    }
    return [];
  }
}

function headerErrors(headers: Readonly<Record<string, string>>): FieldError[] {
  return refusedHeaders(headers).map(({ name, message }) => ({
    pointer: `/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    code: 'header_not_allowed',
    message,
  }));
}

function hooksOf(settings: EndpointSettings): EndpointHook[] {
  const seen = new Set<string>();
  return settings.hooks.map(({ hook: name, mode, failurePolicy, timeoutMs, path }, index) => {
    const hook = choosableHook(name);
    if (!hook) {
      throw refused('validation_failed', [
        {
          pointer: `/hooks/${index}/hook`,
          code: 'unknown_hook',
          message: `There is no hook ${name}; GET /v1/hooks lists them`,
        },
      ]);
    }
    if (seen.has(name)) {
      throw refused('validation_failed', [
        { pointer: `/hooks/${index}/hook`, code: 'duplicate_hook', message: `${name} is in the list twice` },
      ]);
    }
    seen.add(name);
    const chosen = mode ?? hook.modes[0];
    if (!hook.modes.includes(chosen)) {
      const message = `${name} has no mode ${chosen}; it has ${hook.modes.join(', ')}`;
      throw refused('hook_mode_not_allowed', [
        { pointer: `/hooks/${index}/mode`, code: 'hook_mode_not_allowed', message },
      ]);
    }
    return {
      hook: name,
      mode: chosen,
      failurePolicy: failurePolicy ?? null,
      timeoutMs: timeoutMs ?? null,
      path: path ?? null,
    };
  });
}

function refused(code: string, errors: FieldError[]): DomainError {
  return new DomainError(code, 'invalid', errors[0]!.message, { errors });
}
