import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { CoreError } from '../errors/catalogue.js';
import { reasonOf } from '../errors/thrown.js';
import { Bus, type JsonValue } from './bus.js';
import { NodeName } from './node-name.js';

const ASK = 'nodes.ask';
const answersOf = (nodeId: string): string => `nodes.answer:${nodeId}`;
/** Milliseconds in which the other nodes have to answer: somebody waits for it. */
const PATIENCE_MS = 500;
/** Questions of this node that may wait for answers at once. */
const MAX_OPEN = 64;

/** What a node says to a question; undefined where it has nothing to say, which is an answer, too. */
export type Answerer = (asked: JsonValue) => JsonValue | undefined | Promise<JsonValue | undefined>;

/** What the other nodes said. */
export interface Gathered {
  readonly answers: readonly JsonValue[];
  /** How many nodes did not answer in time; null where that is not known, since the way to them is closed. */
  readonly missing: number | null;
}

interface Question {
  readonly id: number;
  readonly from: string;
  readonly kind: string;
  readonly asked: JsonValue;
}

interface Reply {
  readonly id: number;
  readonly from: string;
  readonly answer?: JsonValue;
}

interface OpenQuestion {
  /** By node: the bus may deliver an answer twice. */
  readonly answers: Map<string, JsonValue | undefined>;
  readonly isEnough: (answer: JsonValue) => boolean;
  /** How many nodes were asked, as soon as that is known. */
  expected: number | undefined;
  readonly end: () => void;
}

/**
 * Asks all other nodes something and gathers what they say. Where there are none it is known at once that there are, and nobody waits.
 * The bus carries it, which may lose it: a question is asked once, and whoever does not answer in time is missed.
 */
@Injectable()
export class NodeQuestions implements OnApplicationShutdown {
  private readonly log = new Logger('Nodes');
  private readonly answerers = new Map<string, Answerer>();
  private readonly open = new Map<number, OpenQuestion>();
  private readonly subscriptions: (() => void)[] = [];
  private asked = 0;

  constructor(
    private readonly bus: Bus,
    private readonly node: NodeName,
  ) {}

  onApplicationShutdown(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
    for (const { end } of this.open.values()) end();
  }

  /**
   * From now on this node answers the questions of a kind that the others ask. Its answers have to fit into one message of the bus.
   * A process that answers nothing, such as a command of the owner, is no node and is not waited for.
   */
  onQuestion(kind: string, answerer: Answerer): void {
    this.answerers.set(kind, answerer);
    if (this.answerers.size > 1) return;
    // Only nodes publish on these topics, and only with what stands below.
    this.subscriptions.push(
      this.bus.subscribe(ASK, (message) => void this.reply(message as unknown as Question)),
      this.bus.subscribe(answersOf(this.node.id), (message) => this.take(message as unknown as Reply)),
    );
  }

  /**
   * Asks the other nodes; this one is not asked. Resolves when all have answered, when one has given an answer that is enough, or after
   * half a second.
   * @throws CoreError `unavailable` where too many questions are open
   */
  async ask(kind: string, asked: JsonValue, isEnough: (answer: JsonValue) => boolean = () => false): Promise<Gathered> {
    if (this.open.size >= MAX_OPEN) throw new CoreError('unavailable');
    if (!this.bus.ready()) return { answers: [], missing: null };
    const id = (this.asked += 1);
    const question = await new Promise<OpenQuestion>((resolve) => {
      const timer = setTimeout(() => opened.end(), PATIENCE_MS);
      const end = (): void => {
        clearTimeout(timer);
        this.open.delete(id);
        resolve(opened);
      };
      const opened: OpenQuestion = { answers: new Map(), isEnough, expected: undefined, end };
      this.open.set(id, opened);
      this.bus.forward(ASK, { id, from: this.node.id, kind, asked });
      void this.expect(opened);
    });
    const answers = [...question.answers.values()].filter((answer) => answer !== undefined);
    const { expected } = question;
    return { answers, missing: expected === undefined ? null : Math.max(0, expected - question.answers.size) };
  }

  private async expect(question: OpenQuestion): Promise<void> {
    try {
      // This node hears the topic, too.
      question.expected = Math.max(0, (await this.bus.nodesOn(ASK)) - 1);
      endIfComplete(question);
    } catch {
      // Then the time decides, and nobody knows who is missing.
    }
  }

  private take({ id, from, answer }: Reply): void {
    const question = this.open.get(id);
    if (!question) return;
    question.answers.set(from, answer);
    if (answer !== undefined && question.isEnough(answer)) question.end();
    else endIfComplete(question);
  }

  private async reply({ id, from, kind, asked }: Question): Promise<void> {
    const answerer = this.answerers.get(kind);
    // A kind that only a newer version knows: whoever asks misses this node.
    if (!answerer) return;
    try {
      const answer = await answerer(asked);
      this.bus.forward(answersOf(from), { id, from: this.node.id, answer });
    } catch (error) {
      this.log.warn(`A question of another node could not be answered (${kind}: ${reasonOf(error)})`);
    }
  }
}

function endIfComplete({ expected, answers, end }: OpenQuestion): void {
  if (expected !== undefined && answers.size >= expected) end();
}
