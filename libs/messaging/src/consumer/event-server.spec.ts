import { UserCreated } from '@countersign/contracts';
import type { MessageHandler } from '@nestjs/microservices';
import { EMPTY, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { EventServer } from './event-server.js';

const server = () => new EventServer(() => Promise.resolve());
const register = (target: EventServer, extras: Record<string, unknown>, callback: unknown = () => Promise.resolve()) =>
  target.addHandler(UserCreated.type, callback as MessageHandler, true, extras);
const call = (target: EventServer) => target.handlers.of(UserCreated.type)[0]!.invoke([], [], 1);

describe('EventServer', () => {
  it('keeps two handlers of one type apart', () => {
    const target = server();
    register(target, { handler: 'first' });
    register(target, { handler: 'second', batch: true });
    expect(target.handlers.of(UserCreated.type)).toMatchObject([
      { handler: 'first', batch: false },
      { handler: 'second', batch: true },
    ]);
  });

  it('refuses a handler without a name, a name twice, an unknown event and request/reply', () => {
    const target = server();
    register(target, { handler: 'first' });
    expect(() => register(target, {})).toThrow(/needs \{ handler/);
    expect(() => register(target, { handler: 'Not A Name' })).toThrow(/needs \{ handler/);
    expect(() => register(target, { handler: 'first' })).toThrow(/Two handlers of user\.created are named first/);
    const callback = (() => Promise.resolve()) as unknown as MessageHandler;
    expect(() => target.addHandler('moon.landed', callback, true, { handler: 'x' })).toThrow(
      /no event of the catalogue/,
    );
    expect(() => target.addHandler(UserCreated.type, callback, false, { handler: 'x' })).toThrow(/events only/);
  });

  it.each([
    ['an empty stream', () => Promise.resolve(EMPTY)],
    ['a stream', () => Promise.resolve(of(1, 2))],
    ['a value', () => Promise.resolve(7)],
  ])('takes %s as done', async (_what, callback) => {
    const target = server();
    register(target, { handler: 'first' }, callback);
    await expect(call(target)).resolves.toBeUndefined();
  });

  it.each([
    ['rejects', () => Promise.reject(new TypeError('x'))],
    ['streams an error', () => Promise.resolve(throwError(() => new TypeError('x')))],
  ])('hands over the error itself of a handler that %s', async (_what, callback) => {
    const target = server();
    register(target, { handler: 'first' }, callback);
    await expect(call(target)).rejects.toThrow(TypeError);
  });
});
