import type { FastifyReply } from 'fastify';

/** Says with an answer that it may be incomplete. @param missing how many nodes did not say theirs; null where that is not known */
export function tellMissing(reply: FastifyReply, missing: number | null): void {
  if (missing !== 0) void reply.header('x-nodes-missing', missing ?? 'unknown');
}
