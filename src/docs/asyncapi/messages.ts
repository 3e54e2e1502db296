import type { FrameDocs } from '../../commands/protocol-docs.js';
import type { Schemas } from '../openapi/schemas.js';
import type { Message, Reference } from './asyncapi.js';

/** The messages of all protocols: each frame once, by its protocol and its name. */
export class Messages {
  private readonly byName = new Map<string, Message>();

  constructor(private readonly schemas: Schemas) {}

  /** @returns the reference by which a channel takes the frame in */
  add(protocol: string, frame: FrameDocs): Reference {
    const key = `${protocol}.${frame.name}`;
    if (!this.byName.has(key)) this.byName.set(key, this.messageOf(frame));
    return { $ref: `#/components/messages/${key}` };
  }

  all(): Record<string, Message> {
    return Object.fromEntries(this.byName);
  }

  private messageOf({ name, summary, description, event, schema, examples }: FrameDocs): Message {
    return {
      name,
      title: event === undefined ? name : `${name} (event ${event})`,
      summary,
      ...(description === undefined ? {} : { description }),
      contentType: 'application/json',
      ...(event === undefined
        ? {}
        : { headers: { type: 'object', properties: { event: { type: 'string', const: event } }, required: ['event'] } }),
      payload: this.schemas.ofAnswer(schema),
      examples: examples.map((example) => ({
        name: example.name,
        summary: example.summary,
        ...(event === undefined ? {} : { headers: { event } }),
        payload: example.frame,
      })),
    };
  }
}
