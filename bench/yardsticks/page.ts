import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';

/** The least that a page to sign in costs: one field, no script, no style. */
const PAGE = '<!doctype html><title>Sign in</title><label>User name <input type="text" autofocus></label>';

const server = fastify();
server.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(PAGE));
await server.listen({ port: 0, host: '127.0.0.1' });
console.log((server.server.address() as AddressInfo).port);
process.on('SIGTERM', () => process.exit(0));
