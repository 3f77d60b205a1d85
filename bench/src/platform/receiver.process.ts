import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from './child.js';

/** Answers every request with 200 and what a tenant's receiver says that agrees; counts them. */
const ANSWER = Buffer.from('{"response":{}}');
let received = 0;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    received++;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length });
    response.end(ANSWER);
  });
});
server.keepAliveTimeout = 60_000;
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));

serve<'port' | 'count', number>(request => (request === 'port' ? (server.address() as AddressInfo).port : received));
