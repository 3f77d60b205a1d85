import pg from 'pg';
import { expect, it } from 'vitest';
import { socketUrl } from './connection-url.js';

it('survives every character of a password and a folder', () => {
  const url = socketUrl('/tmp/so ck+é', { user: 'a@b', password: `p/w?%&=#'"+ ü`, database: 'other' });
  const { host, user, password, database } = new pg.Client({ connectionString: url });
  expect({ host, user, password, database }).toEqual({
    host: '/tmp/so ck+é',
    user: 'a@b',
    password: `p/w?%&=#'"+ ü`,
    database: 'other',
  });
});
