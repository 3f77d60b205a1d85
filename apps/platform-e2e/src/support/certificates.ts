import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PrivateCa {
  /** PEM of the authority's own certificate. */
  readonly caBundle: string;
  /** Key and certificate for a server at 127.0.0.1, signed by it. */
  readonly key: string;
  readonly cert: string;
}

/** A certificate authority that nobody knows, and a server certificate for `host` signed by it, made by `openssl`. */
export async function makePrivateCa(host = '127.0.0.1'): Promise<PrivateCa> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-ca-'));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  try {
    await openssl(
      ...['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    );
    await openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=receiver');
    const name = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
    await writeFile(file('server.ext'), `subjectAltName=${name}\nextendedKeyUsage=serverAuth\n`);
    await openssl(
      ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-out', 'server.pem', '-days', '2', '-extfile', 'server.ext'],
    );
    const [caBundle, key, cert] = await Promise.all(
      ['ca.pem', 'server.key', 'server.pem'].map(name => readFile(file(name), 'utf8')),
    );
    if (!caBundle || !key || !cert) throw new Error('openssl made an empty file');
    return { caBundle, key, cert };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
