import { WebSocket } from 'ws';

// Reads what a chat's member is told, and prints it: `"open"`, each `seq`, and how it ended. Its parent may stop it (SIGSTOP) at any time.
const [url = '', resume = ''] = process.argv.slice(2);
const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on('open', () => {
  print('open');
  if (resume) {
    const payload = { cursors: [JSON.parse(resume)] };
    socket.send(JSON.stringify({ type: 'command', v: 1, request_id: 'r', domain: 'system', command: 'resume', payload }));
  }
});
socket.on('message', (data) => {
  const frame = JSON.parse(String(data));
  if (frame.event === 'message') print(frame.data.seq);
  else if (frame.type === 'disconnect') print({ notice: frame.code });
  else if (frame.type === 'response') print({ answer: frame.data });
});
socket.on('close', (code) => {
  print({ closed: code });
  process.exit(0);
});
socket.on('error', () => undefined);
