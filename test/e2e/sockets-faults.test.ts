import { Injectable, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AllowAnonymous, Command } from '../../src/commands/command.js';
import { connect, connected } from '../conformance/drivers/socketio.js';
import { type Account, TestServer } from '../support/server.js';

/** Commands with answers that JSON has no words for. */
@Injectable()
class OddCommands {
  @Command('odd.now', { summary: 'Answers at once.' })
  @AllowAnonymous()
  now(): object {
    return { count: 1n };
  }

  @Command('odd.later', { summary: 'Answers later.' })
  @AllowAnonymous()
  async later(): Promise<object> {
    await Promise.resolve();
    return { count: 1n };
  }
}

@Module({ providers: [OddCommands] })
class OddModule {}

let server: TestServer;
let account: Account;
beforeAll(async () => {
  server = await TestServer.start({ extensions: [OddModule] });
  account = await server.user();
});
afterAll(() => server.stop());

const fault = { request_id: expect.any(String), success: false, code: 'internal' };

describe.each(['now', 'later'])('an answer that cannot be encoded, known %s', (command) => {
  it.each(['/ws/odd', '/v1/connect'])('is a fault of ours over %s, and the connection lives on', async (path) => {
    const socket = await server.socket(path, { authorization: `Bearer ${account.tokens.token}` });
    expect(await socket.command(`odd.${command}`)).toMatchObject(fault);
    expect(await socket.command('system.ping')).toMatchObject({ success: true });
    await socket.close();
  });

  it('is a fault of ours over Socket.IO, as acknowledgement and as event', async () => {
    const socket = await connected(connect(server, 'websocket', { auth: { token: account.tokens.token } }));
    const frame = { request_id: 'r', domain: 'odd', command };
    expect(await socket.timeout(5000).emitWithAck('command', frame)).toMatchObject(fault);
    const told = new Promise((resolve) => socket.once('response', resolve));
    socket.emit('command', frame);
    expect(await told).toMatchObject(fault);
    expect(await socket.timeout(5000).emitWithAck('chat', { message: 'x' })).toMatchObject({ type: 'echo' });
    socket.disconnect();
  });
});
