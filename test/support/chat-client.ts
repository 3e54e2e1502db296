import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Message } from '../../src/chat/message.js';
import type { Parsed } from './http-client.js';

/** Protocols whose clients can resume. */
export const RESUMABLE = ['game', 'rest', 'socketio'] as const;
export type Resumable = (typeof RESUMABLE)[number];

interface Answer {
  readonly success: boolean;
  readonly code?: string;
  readonly data: Parsed;
}

/** One live connection of some protocol: entries of logs that it is told, and commands. */
export interface ChatConnection {
  command(name: string, payload: object): Promise<Answer>;
  /** As a network that fails: nothing is said, nothing more is heard. */
  cut(): void;
  readonly isOpen: boolean;
}

type Heard = (entry: Message) => void;

const KINDS = new Set(['message', 'edited', 'deleted', 'joined', 'left']);

export function connectChat(url: string, protocol: Resumable, token: string, heard: Heard): Promise<ChatConnection> {
  return protocol === 'socketio' ? SocketIoChat.open(url, token, heard) : RawChat.open(url, protocol, token, heard);
}

class RawChat implements ChatConnection {
  private requests = 0;
  private readonly waiting = new Map<string, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();

  private constructor(private readonly socket: WebSocket) {}

  static open(url: string, protocol: 'game' | 'rest', token: string, heard: Heard): Promise<ChatConnection> {
    const id = Math.random().toString(36).slice(2);
    const path = protocol === 'game' ? '/v1/connect' : `/ws/cut-${id}`;
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}?token=${token}`, { perMessageDeflate: false });
    const chat = new RawChat(socket);
    socket.on('message', (data) => chat.receive(JSON.parse(String(data)), heard));
    socket.on('close', () => chat.fail());
    return new Promise((resolve, reject) => socket.once('open', () => resolve(chat)).on('error', reject));
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  command(name: string, payload: object): Promise<Answer> {
    const [domain, command] = name.split('.');
    const request_id = String(this.requests++);
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new Error('cut'));
      this.waiting.set(request_id, { resolve, reject });
      this.socket.send(JSON.stringify({ type: 'command', v: 1, request_id, domain, command, payload }));
    });
  }

  cut(): void {
    this.socket.removeAllListeners('message');
    this.socket.terminate();
    this.fail();
  }
  private receive(frame: Parsed, heard: Heard): void {
    if (frame.type === 'response') {
      this.waiting.get(frame.request_id)?.resolve(frame);
      this.waiting.delete(frame.request_id);
    } else if (KINDS.has(frame.event) || (String(frame.type).startsWith('chat.') && KINDS.has(frame.type.slice(5)))) {
      heard(frame.data);
    }
  }

  private fail(): void {
    for (const { reject } of this.waiting.values()) reject(new Error('cut'));
    this.waiting.clear();
  }
}

class SocketIoChat implements ChatConnection {
  private constructor(private readonly socket: Socket) {}

  static open(url: string, token: string, heard: Heard): Promise<ChatConnection> {
    const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, auth: { token } });
    socket.on('chat', ({ type, ...entry }) => {
      if (KINDS.has(type)) heard(entry);
    });
    return new Promise((resolve, reject) =>
      socket.once('connect', () => resolve(new SocketIoChat(socket))).once('connect_error', reject),
    );
  }

  get isOpen(): boolean {
    return this.socket.connected;
  }

  command(name: string, payload: object): Promise<Answer> {
    const [domain, command] = name.split('.');
    const gone = new Promise<never>((_resolve, reject) => this.socket.once('disconnect', () => reject(new Error('cut'))));
    return Promise.race([this.socket.emitWithAck('command', { request_id: 'r', domain, command, payload }), gone]);
  }

  cut(): void {
    this.socket.off('chat');
    this.socket.io.engine.close();
  }
}

/**
 * A client as one should be: it keeps the last entry before which nothing is missing, resumes from there on each new connection, and
 * notices whatever it is told twice, or not at all.
 */
export class Follower {
  cursor = 0;
  readonly faults: string[] = [];
  readonly contents: (string | null)[] = [];
  /** Whether what it is told is to be taken now: between opening and resuming nothing may come. */
  private connection: ChatConnection | null = null;

  constructor(
    private readonly chatId: number,
    private readonly token: string,
  ) {}

  /** Connects and resumes. What was left out is fetched. */
  async connect(url: string, protocol: Resumable): Promise<ChatConnection> {
    this.connection?.cut();
    const connection = await connectChat(url, protocol, this.token, (entry) => this.hear(entry));
    this.connection = connection;
    const { data } = await connection.command('system.resume', { cursors: [{ chat_id: this.chatId, after_seq: this.cursor }] });
    const [resumed] = data.chats;
    if (!resumed.recovered || resumed.has_more) this.faults.push(`not resumed after ${this.cursor}: ${JSON.stringify(resumed)}`);
    return connection;
  }

  cut(): void {
    this.connection?.cut();
    this.connection = null;
  }

  private hear(entry: Message): void {
    if (entry.chat_id !== this.chatId) return;
    if (entry.seq !== this.cursor + 1) this.faults.push(`${entry.seq} after ${this.cursor}`);
    this.cursor = entry.seq;
    this.contents.push(entry.content);
  }
}

/** Milliseconds up to `most`, another number each time. */
export const aWhile = (most: number): Promise<void> => sleep(Math.random() * most);
