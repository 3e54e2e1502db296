import type { Settings } from './settings.js';

/** Whether the address at a hop (0 is the peer itself) is a proxy whose `X-Forwarded-For` is believed. */
export type TrustFunction = (address: string, hop: number) => boolean;

/** TRUST_PROXY in the form that both Fastify and proxy-addr take. */
export function trustOf({ TRUST_PROXY: trusted }: Settings): boolean | string[] | TrustFunction {
  return typeof trusted === 'number' ? (_address, hop) => hop < trusted : trusted;
}
