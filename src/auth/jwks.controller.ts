import { Controller, Get, Header } from '@nestjs/common';
import { Public } from '../http/access.js';
import { Documented } from '../http/route-docs.js';
import { SigningKeys } from './signing-keys.js';

const base64url = (description: string) => ({ type: 'string', description: `${description}, base64url` });

const KEY_SCHEMA = {
  title: 'PublicKey',
  type: 'object',
  properties: {
    kty: { const: 'EC' },
    crv: { const: 'P-256' },
    x: base64url('X coordinate'),
    y: base64url('Y coordinate'),
    kid: { type: 'string', description: 'The thumbprint of RFC 7638; the header `kid` of a token names its key' },
    use: { const: 'sig' },
    alg: { const: 'ES256' },
  },
  required: ['kty', 'crv', 'x', 'y', 'kid', 'use', 'alg'],
};

/** The public keys, so that others can verify our tokens by themselves. That a session was ended they cannot see from it. */
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  @Public()
  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  @Documented({
    tag: 'server',
    summary: 'The public keys of access tokens (JWK Set, RFC 7517)',
    answer: {
      description: 'Active and retired keys; `kid` is the thumbprint of RFC 7638',
      schema: {
        type: 'object',
        required: ['keys'],
        properties: {
          keys: { type: 'array', items: KEY_SCHEMA },
        },
      },
      example: { keys: [{ kty: 'EC', crv: 'P-256', x: '…', y: '…', kid: '…', use: 'sig', alg: 'ES256' }] },
    },
  })
  jwks(): object {
    return this.keys.jwks();
  }
}
