import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Parsed } from './http-client.js';
import type { TestServer } from './server.js';

interface Reference {
  readonly $ref: string;
}

interface Example {
  readonly name: string;
  readonly headers?: { readonly event: string };
  readonly payload: Parsed;
}

interface Message {
  readonly name: string;
  readonly headers?: { readonly properties: { readonly event: { readonly const: string } } };
  readonly payload: Parsed;
  readonly examples: readonly Example[];
}

interface Operation {
  readonly action: 'send' | 'receive';
  readonly channel: Reference;
  readonly title: string;
  readonly summary: string;
  readonly security?: readonly Reference[];
  readonly messages: readonly Reference[];
  readonly reply?: { readonly messages: readonly Reference[] };
  readonly 'x-access'?: string;
  readonly 'x-errors'?: readonly string[];
}

export interface Close {
  readonly code: number;
  readonly reason: string;
  readonly reconnect: boolean;
}

interface Channel {
  readonly address: string;
  readonly title: string;
  readonly messages: Readonly<Record<string, Reference>>;
  readonly 'x-close-codes': readonly Close[];
  readonly 'x-refusals': readonly { readonly error: string; readonly status: number; readonly body: Parsed }[];
}

export interface AsyncApi {
  readonly asyncapi: string;
  readonly info: { readonly description: string; readonly tags: readonly { readonly name: string }[] };
  readonly servers: Readonly<Record<string, { readonly host: string; readonly protocol: string; readonly pathname?: string }>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

/** A frame as it went over a socket; of Socket.IO, the argument of an event. */
export interface Frame {
  readonly event?: string;
  readonly frame: Parsed;
}

/** What a client may ask by the document, and what may be answered. */
export interface Asked {
  readonly name: string;
  readonly access: string;
  readonly errors: readonly string[];
  readonly request: Message;
  /** Names of the messages: the answer and the fault. */
  readonly answer: string;
  readonly fault: string;
}

/** Fields beyond those that are written down are faults of the document, in the frame and in its `data`. */
function strict(schema: Parsed): object {
  const data = schema.properties?.data;
  const closed = data && (data.properties || data.allOf || data.$ref) ? { ...data, unevaluatedProperties: false } : data;
  return {
    ...schema,
    ...(data ? { properties: { ...schema.properties, data: closed } } : {}),
    unevaluatedProperties: false,
  };
}

/** One protocol of the document, which says of frames what they are. */
export class DescribedProtocol {
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(
    private readonly document: AsyncApi,
    readonly name: string,
    private readonly ajv: Ajv2020,
  ) {}

  get channel(): Channel {
    const channel = this.document.channels[this.name];
    if (!channel) throw new Error(`the document has no channel ${this.name}`);
    return channel;
  }

  message(name: string): Message {
    const found = this.document.components.messages[`${this.name}.${name}`];
    if (!found || !this.channel.messages[name]) throw new Error(`${this.name} has no message ${name}`);
    return found;
  }

  /** What a message has against a frame; empty where nothing. */
  faultsOf(name: string, frame: Frame): string {
    const wanted = this.eventOf(name);
    if (wanted !== frame.event) return `the event is ${frame.event}, not ${wanted}`;
    const validate = this.validatorOf(name);
    return validate(frame.frame) ? '' : this.ajv.errorsText(validate.errors);
  }

  /** Whether a frame is such a message, without a word of why not. */
  fits(name: string, frame: Frame): boolean {
    return this.eventOf(name) === frame.event && this.validatorOf(name)(frame.frame);
  }

  private eventOf(name: string): string | undefined {
    return this.message(name).headers?.properties.event.const;
  }

  private validatorOf(name: string): ValidateFunction {
    let validate = this.validators.get(name);
    if (!validate) {
      const { components } = this.document;
      validate = this.ajv.compile({ ...strict(this.message(name).payload), components });
      this.validators.set(name, validate);
    }
    return validate;
  }

  /** The messages from the server that a frame may be. */
  namesOf(frame: Frame): string[] {
    return this.fromServer.filter((name) => this.faultsOf(name, frame) === '');
  }

  get asked(): Asked[] {
    return this.operations('receive').map((operation) => {
      const [request] = operation.messages.map(nameOf);
      const [answer, fault] = operation.reply?.messages.map(nameOf) ?? [];
      if (request === undefined || answer === undefined || fault === undefined)
        throw new Error(`${operation.title} is incomplete`);
      return {
        name: operation.title,
        access: operation['x-access'] ?? '',
        errors: operation['x-errors'] ?? [],
        request: this.message(request),
        answer,
        fault,
      };
    });
  }

  get told(): string[] {
    return this.operations('send').flatMap(({ messages }) => messages.map(nameOf));
  }

  get fromServer(): string[] {
    return [...new Set([...this.asked.flatMap(({ answer, fault }) => [answer, fault]), ...this.told])];
  }

  private operations(action: Operation['action']): Operation[] {
    const channel = `#/channels/${this.name}`;
    return Object.values(this.document.operations).filter((one) => one.action === action && one.channel.$ref === channel);
  }
}

const nameOf = ({ $ref }: Reference): string => $ref.split('/').at(-1) ?? '';

export async function asyncApiOf(server: TestServer): Promise<AsyncApi> {
  return (await server.client().get<AsyncApi>('/asyncapi.json')).body;
}

/** The protocols of a document, by name. */
export function protocolsOf(document: AsyncApi): Map<string, DescribedProtocol> {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  return new Map(document.info.tags.map(({ name }) => [name, new DescribedProtocol(document, name, ajv)]));
}
