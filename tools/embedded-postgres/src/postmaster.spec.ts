import { describe, expect, it } from 'vitest';
import { isServerOf, parsePostmasterPid, sharedMemoryAttached } from './postmaster.js';

const FILE = '4242\n/data/dir\n1764000000\n5432\n/tmp/sock\n\n  1234567        17\nready   \n';

describe('parsePostmasterPid', () => {
  it('reads pid, folders, shared memory and state', () => {
    expect(parsePostmasterPid(FILE)).toEqual({
      pid: 4242,
      dataDir: '/data/dir',
      socketDir: '/tmp/sock',
      sharedMemoryId: 17,
      ready: true,
    });
  });

  it('takes a file that is still being written for a server that is not ready', () => {
    expect(parsePostmasterPid('4242\n/data/dir\n')).toEqual({
      pid: 4242,
      dataDir: '/data/dir',
      socketDir: '',
      sharedMemoryId: undefined,
      ready: false,
    });
  });

  it.each(['', 'nonsense\n', '0\n', '1\n', '-5\n'])('refuses %j: no signal may ever go to such a pid', text => {
    expect(parsePostmasterPid(text)).toBeUndefined();
  });
});

describe('isServerOf', () => {
  it('knows a server by its program and its folder', () => {
    expect(isServerOf('/data/dir', ['/opt/pg/bin/postgres', '-D', '/data/dir', '-c', 'fsync=off'])).toBe(true);
  });

  it.each([
    ['another folder', ['/opt/pg/bin/postgres', '-D', '/data/dir2']],
    ['another program', ['vim', '/data/dir']],
    ['a zombie', undefined],
  ])('is not taken in by %s', (_, command) => {
    expect(isServerOf('/data/dir', command)).toBe(false);
  });
});

describe('sharedMemoryAttached', () => {
  const table = [
    '       key      shmid perms                  size  cpid  lpid nattch   uid',
    '   1234567         17   600                    56  4242  4250      3   999',
    '   7654321         18   600                    56  4242  4250      0   999',
  ].join('\n');

  it.each([
    [17, 3],
    [18, 0],
    [19, 0],
  ])('segment %i has %i processes', (id, processes) => {
    expect(sharedMemoryAttached(table, id)).toBe(processes);
  });
});
