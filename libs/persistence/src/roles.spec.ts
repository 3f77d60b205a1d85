import { expect, it } from 'vitest';
import { serviceDatabase } from './roles.js';

it('derives schema and logins from the name of the service', () => {
  expect(serviceDatabase('auth-mfa')).toEqual({
    schema: 'auth_mfa',
    owner: 'auth_mfa_owner',
    app: 'auth_mfa_app',
    worker: 'auth_mfa_worker',
  });
});

it.each(['', 'Auth', '1st', 'a b', 'a;drop', 'a"b', 'x'.repeat(50)])(
  'refuses %j, which would end up in SQL unquoted',
  name => {
    expect(() => serviceDatabase(name)).toThrow('Not a service name');
  },
);
