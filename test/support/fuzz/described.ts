import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Asked, asyncApiOf, type AsyncApi, DescribedProtocol, type Frame } from '../asyncapi.js';
import type { TestServer } from '../server.js';

/** What a frame from the server is, by the document. */
export type Kind = 'answer' | 'event' | 'disconnect' | 'greeting';

/** A protocol of the document, which says of very many frames what they are. */
export class Describer {
  readonly asked: readonly Asked[];
  private readonly byName: ReadonlyMap<string, Asked>;
  /** Answers first, then whatever was found last: most frames are of few kinds. */
  private readonly order: string[];
  private readonly answers: ReadonlySet<string>;

  private constructor(private readonly protocol: DescribedProtocol) {
    this.asked = protocol.asked;
    this.byName = new Map(this.asked.map((asked) => [asked.name, asked]));
    this.answers = new Set([...this.asked.flatMap(({ answer, fault }) => [answer, fault]), 'error']);
    this.order = protocol.fromServer.toSorted((a, b) => Number(this.answers.has(b)) - Number(this.answers.has(a)));
    // Compiled before anything is measured.
    for (const name of this.order) protocol.fits(name, { frame: null });
  }

  static async of(server: TestServer, name: string): Promise<{ describer: Describer; document: AsyncApi }> {
    const document = await asyncApiOf(server);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    return { describer: new Describer(new DescribedProtocol(document, name, ajv)), document };
  }

  /** @returns undefined for a frame that the document does not describe */
  kindOf(frame: Frame): Kind | undefined {
    const at = this.order.findIndex((name) => this.protocol.fits(name, frame));
    const name = this.order[at];
    if (name === undefined) return undefined;
    if (this.answers.has(name)) {
      this.order.splice(at, 1);
      this.order.unshift(name);
      return 'answer';
    }
    return name === 'disconnect' ? 'disconnect' : name === 'hello' ? 'greeting' : 'event';
  }

  /** What an answer to a request has against the document; empty where nothing. An answer may be the error of a bad frame. */
  faultOf(request: string, frame: Frame): string {
    const asked = this.byName.get(request);
    if (!asked || this.protocol.fits(asked.answer, frame) || this.protocol.fits(asked.fault, frame)) return '';
    return `as ${asked.answer}: ${this.protocol.faultsOf(asked.answer, frame)}; as ${asked.fault}: ${this.protocol.faultsOf(asked.fault, frame)}`;
  }
}
