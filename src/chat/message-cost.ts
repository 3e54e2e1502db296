import type { Amounts } from '../quotas/quota-kinds.js';

/** What a message, or an edit of one, spends of its sender's quotas. */
export const costOf = ({ content }: { readonly content: string }): Amounts => ({
  messages: 1,
  bytes: Buffer.byteLength(content),
});
