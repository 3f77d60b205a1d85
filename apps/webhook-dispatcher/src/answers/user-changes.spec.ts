import { describe, expect, it } from 'vitest';
import { diffUser } from './user-changes.js';

const sent = {
  assignedGroups: ['grp_1'],
  provisionedApps: {},
  securityQuestion: {},
  country: 'India',
  firstName: 'Ada',
  login: 'ada',
  email: 'ada@example.com',
  attributes: { badge: 'A1', 'cost/centre': 7 },
};

describe('diffUser', () => {
  it('finds nothing in an echo, whatever the order of its keys', () => {
    const echo = Object.fromEntries(Object.entries(structuredClone(sent)).reverse());
    expect(diffUser(sent, echo)).toEqual({ changes: {}, patch: [], ignored: [] });
  });

  it('takes what differs: absent is unchanged, null is cleared', () => {
    expect(diffUser(sent, { firstName: 'Grace', email: null, mobile: '+4912345678', lastName: null })).toEqual({
      changes: { firstName: 'Grace', email: null, mobile: '+4912345678' },
      patch: [
        { op: 'replace', path: '/firstName', value: 'Grace' },
        { op: 'remove', path: '/email' },
        { op: 'add', path: '/mobile', value: '+4912345678' },
      ],
      ignored: [],
    });
  });

  it('records as ignored what is not on the allow-list', () => {
    const { changes, ignored } = diffUser(sent, {
      id: 'usr_9',
      login: 'root',
      roles: ['ORG_ADMIN'],
      status: 'active',
      manager: 'usr_1',
      assignedGroups: ['grp_1', 'grp_admins'],
      provisionedApps: { app_1: { uid: 'x', status: 'y' } },
      securityQuestion: { pet: 'Rex' },
      password: 'x',
      country: 'Norway',
    });
    expect(changes).toEqual({ country: 'Norway' });
    expect(ignored.map(({ path }) => path)).toEqual([
      '/id',
      '/login',
      '/roles',
      '/status',
      '/manager',
      '/assignedGroups',
      '/provisionedApps',
      '/securityQuestion',
      '/password',
    ]);
  });

  it('compares custom attributes one by one', () => {
    expect(diffUser(sent, { attributes: { badge: 'A1', 'cost/centre': 8, floor: 2 } })).toEqual({
      changes: { attributes: { 'cost/centre': 8, floor: 2 } },
      patch: [
        { op: 'replace', path: '/attributes/cost~1centre', value: 8 },
        { op: 'add', path: '/attributes/floor', value: 2 },
      ],
      ignored: [],
    });
    expect(diffUser({}, { attributes: { floor: 2 } }).patch).toEqual([
      { op: 'add', path: '/attributes', value: {} },
      { op: 'add', path: '/attributes/floor', value: 2 },
    ]);
  });

  it('is not fooled by names of the prototype', () => {
    const answered = JSON.parse('{"__proto__":{"x":1},"constructor":"c","country":"India"}') as Record<string, unknown>;
    const { changes, ignored } = diffUser(sent, answered);
    expect(changes).toEqual({});
    expect(ignored.map(({ path }) => path)).toEqual(['/__proto__', '/constructor']);
  });
});
