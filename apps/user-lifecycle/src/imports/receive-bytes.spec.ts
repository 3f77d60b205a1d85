import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ReceivedBytes } from './receive-bytes.js';

async function all(bytes: ReceivedBytes): Promise<string> {
  let text = '';
  for await (const chunk of bytes) text += chunk.toString();
  return text;
}

describe('ReceivedBytes', () => {
  it('gives the bytes as they come, and their digest', async () => {
    const bytes = new ReceivedBytes(Readable.from([Buffer.from('ab'), Buffer.from('c')]));
    expect(await all(bytes)).toBe('abc');
    expect(bytes.digest()).toBe(createHash('sha256').update('abc').digest('hex'));
  });

  it('tells a body that breaks off from one that ends', async () => {
    const body = new PassThrough();
    body.write('ab');
    setImmediate(() => body.destroy(new Error('aborted')));
    await expect(all(new ReceivedBytes(body))).rejects.toMatchObject({
      code: 'malformed_file',
      errors: [{ code: 'body_incomplete' }],
    });
  });

  it('gives up a client that sends nothing more', async () => {
    const body = new PassThrough();
    body.write('ab');
    await expect(all(new ReceivedBytes(body, 20))).rejects.toMatchObject({ status: 408 });
    expect(body.destroyed).toBe(true);
  });
});
