import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { type WebSocket, WebSocketServer } from 'ws';

/** Chat with one INSERT and commit for each message, over 16 connections, and a loop over `ws.send` for the members. */
const pool = new Pool({ connectionString: process.env['YARDSTICK_DATABASE_URL'], max: 16 });
await pool.query(`
  CREATE TABLE IF NOT EXISTS yardstick_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id bigint NOT NULL,
    sender_id bigint NOT NULL,
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX IF NOT EXISTS yardstick_messages_chat_id_id_idx ON yardstick_messages (chat_id, id);
`);
const INSERT = 'INSERT INTO yardstick_messages (chat_id, sender_id, content) VALUES ($1, $2, $3) RETURNING id, created_at';
const chats = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  console.log((server.address() as AddressInfo).port);
});
server.on('connection', (socket, request) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const chat = url.searchParams.get('chat') ?? '';
  const userId = Number(url.searchParams.get('user'));
  const members = chats.get(chat) ?? new Set();
  chats.set(chat, members.add(socket));
  const handle = async (text: string): Promise<void> => {
    const { request_id, payload } = JSON.parse(text);
    const { content } = payload;
    const { rows } = await pool.query({ name: 'insert', text: INSERT, values: [chat, userId, content] });
    const { id, created_at } = rows[0];
    const message = { id, chat_id: chat, seq: id, kind: 'message', from_id: userId, from_name: 'bench', content, created_at };
    const event = Buffer.from(JSON.stringify({ type: 'event', v: 1, domain: 'chat', event: 'message', data: message }));
    for (const member of members) if (member !== socket) member.send(event, { binary: false });
    const answer = { chat_id: chat, seq: id, id, created_at, duplicate: false };
    socket.send(JSON.stringify({ type: 'response', v: 1, request_id, success: true, data: answer }));
  };
  socket.on('message', (data) => void handle(String(data)));
});
process.on('SIGTERM', () => process.exit(0));
