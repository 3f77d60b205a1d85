import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Door, type OwnPages } from './door.js';

/** Longest time that the headers of a request may take to arrive, in milliseconds. */
const HEADERS_TIMEOUT_MS = 15_000;

/**
 * Puts the door before Fastify, on the very server that it listens with: a router that decodes paths and a parser that reads
 * bodies would have touched a request before it is known to be good, and passing a body on unread is not theirs to do. What
 * the door lets in of the gateway's own pages goes on to Fastify and Nest.
 */
export function openDoor(app: NestFastifyApplication): void {
  const door = app.get(Door);
  const server = app.getHttpServer() as Server;
  const ownPages = server.listeners('request') as OwnPages[];
  const enter = (request: IncomingMessage, response: ServerResponse) =>
    door.enter(request, response, (...args) => ownPages.forEach(page => page(...args)));
  server.removeAllListeners('request').on('request', enter);
  // The door asks for the body only when somebody will read it.
  server.removeAllListeners('checkContinue').on('checkContinue', enter);
  server.removeAllListeners('checkExpectation').on('checkExpectation', enter);
  server
    .removeAllListeners('clientError')
    .on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => door.refuseMalformed(error, socket));
  // Node's own refusal has no body; the door's is a problem document.
  Object.assign(server, { requireHostHeader: false });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
}
