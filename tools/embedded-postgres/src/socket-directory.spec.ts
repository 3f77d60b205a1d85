import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SOCKET_NAME, socketDirectoryNames } from './socket-directory.js';

const length = (dir: string) => Buffer.byteLength(join(dir, SOCKET_NAME));

describe('socketDirectoryNames', () => {
  it('is the same for one folder and user, and differs for others', () => {
    const [first] = socketDirectoryNames('/data/a', 1000, '/tmp');
    expect(socketDirectoryNames('/data/a', 1000, '/tmp')[0]).toBe(first);
    expect(socketDirectoryNames('/data/b', 1000, '/tmp')[0]).not.toBe(first);
    expect(socketDirectoryNames('/data/a', 1001, '/tmp')[0]).not.toBe(first);
  });

  it('fits a socket address however deep the data or the folder for temporary files are', () => {
    for (const tmp of ['/tmp', '/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T', `/${'t'.repeat(90)}`]) {
      for (const name of socketDirectoryNames(`/${'deep/'.repeat(60)}data`, 4_294_967_294, tmp)) {
        expect(length(name)).toBeLessThanOrEqual(process.platform === 'darwin' ? 103 : 107);
      }
    }
  });
});
