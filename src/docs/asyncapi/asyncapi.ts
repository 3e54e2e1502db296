import type { JsonSchema } from '../../validation/fields.js';

/** The parts of AsyncAPI 3.0 that we write. https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export interface Reference {
  readonly $ref: string;
}

export interface Message {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly description?: string;
  readonly contentType: 'application/json';
  /** Of Socket.IO: the name of the event. */
  readonly headers?: JsonSchema;
  readonly payload: JsonSchema;
  readonly examples: readonly {
    readonly name: string;
    readonly summary: string;
    readonly headers?: object;
    readonly payload: unknown;
  }[];
}

export interface Channel {
  readonly address: string;
  readonly title: string;
  readonly summary: string;
  readonly description: string;
  readonly servers: readonly Reference[];
  readonly messages: Readonly<Record<string, Reference>>;
  readonly parameters?: Readonly<Record<string, { readonly description: string }>>;
  readonly tags: readonly Tag[];
  readonly bindings?: object;
  readonly 'x-close-codes': readonly object[];
  readonly 'x-refusals': readonly object[];
}

export interface Operation {
  readonly action: 'send' | 'receive';
  readonly channel: Reference;
  readonly title: string;
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly Reference[];
  readonly tags: readonly Tag[];
  readonly messages: readonly Reference[];
  readonly reply?: { readonly channel: Reference; readonly messages: readonly Reference[] };
  readonly 'x-access'?: string;
  readonly 'x-errors'?: readonly string[];
}

export interface Tag {
  readonly name: string;
  readonly description?: string;
}

export interface AsyncApi {
  readonly asyncapi: '3.0.0';
  readonly info: object;
  readonly defaultContentType: 'application/json';
  readonly servers: Readonly<Record<string, object>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}
