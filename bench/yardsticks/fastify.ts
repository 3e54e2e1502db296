import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';

/** The least that an HTTP answer of this size costs in Node: bare Fastify, no authentication, no database. */
const USER = {
  id: 1,
  email: 'user@example.com',
  username: 'alice',
  full_name: 'Alice Liddell',
  is_active: true,
  is_superuser: false,
  created_at: '2024-02-11T00:00:00Z',
  updated_at: '2024-02-11T00:00:00Z',
};

const server = fastify();
server.get('/', () => USER);
await server.listen({ port: 0, host: '127.0.0.1' });
console.log((server.server.address() as AddressInfo).port);
process.on('SIGTERM', () => process.exit(0));
