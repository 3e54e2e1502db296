import { client } from './scenario';

/** Logs in, reads, writes, reads what was written, and logs out: `run.ts <user name> <password>`. */
const [username = '', password = ''] = process.argv.slice(2);

function equal(seen: unknown, expected: unknown, what: string): void {
  if (seen !== expected) throw new Error(`${what}: ${String(seen)} instead of ${String(expected)}`);
}

const token = await client.logIn(username, password);
client.use(token);
const me = await client.readMe();
equal(await client.rename(me.id, 'Alice Liddell'), 'Alice Liddell', 'the answer to the change');
equal((await client.readMe()).full_name, 'Alice Liddell', 'the name that was written');
const chat = await client.createChat('Tea');
await client.say(chat, 'Hello!');
equal((await client.history(chat)).includes('Hello!'), true, 'the message in the history');
await client.logOut();
equal(await client.status(), 401, 'the status after log-out');
console.log('logged in, read, wrote and logged out');
