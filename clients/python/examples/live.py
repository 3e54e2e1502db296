"""Says something in a chat, goes away, and comes back without having missed anything: a WebSocket, with websockets."""

import asyncio
import itertools
import json
import uuid

import requests
import websockets

BASE = 'http://localhost:8000'


def log_in(username, password):
    """An access token, of an account that is made where there is none."""
    account = {'username': username, 'email': f'{username}@example.com', 'password': password}
    requests.post(f'{BASE}/auth/register', json=account, timeout=10)  # 409 where it is there already
    answer = requests.post(f'{BASE}/auth/login', json=account, timeout=10)
    answer.raise_for_status()
    return answer.json()['data']['token']


class Connection:
    """Commands with their answers, and what is told without being asked for."""

    def __init__(self, socket):
        self.socket = socket
        self.events = asyncio.Queue()
        self.waiting = {}
        self.ids = itertools.count(1)
        self.tasks = [asyncio.create_task(self.read()), asyncio.create_task(self.beat())]

    @classmethod
    async def open(cls, token):
        url = BASE.replace('http', 'ws', 1) + '/v1/connect'
        return cls(await websockets.connect(f'{url}?token={token}'))

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await self.socket.close()

    async def command(self, name, payload):
        """The data of the answer. Raises RuntimeError with the code where the command was refused."""
        domain, command = name.split('.')
        request_id = str(next(self.ids))
        answered = self.waiting[request_id] = asyncio.get_running_loop().create_future()
        frame = {'type': 'command', 'v': 1, 'request_id': request_id, 'domain': domain, 'command': command}
        await self.socket.send(json.dumps({**frame, 'payload': payload}))
        try:
            answer = await asyncio.wait_for(answered, timeout=10)
        finally:
            del self.waiting[request_id]
        if not answer['success']:
            raise RuntimeError(f'{answer["code"]}: {answer["detail"]}')
        return answer['data']

    async def read(self):
        async for text in self.socket:
            frame = json.loads(text)
            waiting = self.waiting.get(frame.get('request_id'))
            if frame['type'] == 'response' and waiting and not waiting.done():
                waiting.set_result(frame)
            elif frame['type'] == 'event':
                await self.events.put(frame)

    async def beat(self):
        while True:  # who is silent for a minute is taken for gone
            await asyncio.sleep(25)
            await self.command('system.ping', {})


async def main():
    token = log_in('dora', 'correct horse')
    connection = await Connection.open(token)
    chat = await connection.command('chat.create', {'chat_type': 'group', 'chat_name': 'Notes', 'members': []})
    chat_id = chat['chat_id']

    # With an id of its own a message may be sent again whenever the answer was lost, and is stored once.
    message = {'chat_id': chat_id, 'content': 'Hello!', 'client_msg_id': str(uuid.uuid4())}
    for attempt in range(2):
        sent = await connection.command('chat.send', message)
        print('stored as', sent['seq'], 'again' if sent['duplicate'] else 'now')

    cursor = sent['seq']  # before this nothing is missing
    await connection.close()

    # Meanwhile something is said elsewhere.
    bearer = {'Authorization': f'Bearer {token}'}
    url = f'{BASE}/api/v1/chats/{chat_id}/messages'
    requests.post(url, json={'content': 'You were away'}, headers=bearer, timeout=10).raise_for_status()

    # The first thing to send: what was missed comes as events, before anything new.
    connection = await Connection.open(token)
    resumed = await connection.command('system.resume', {'cursors': [{'chat_id': chat_id, 'after_seq': cursor}]})
    print('nothing is missing:', resumed['chats'][0]['recovered'])
    while cursor < resumed['chats'][0]['last_seq']:
        event = await connection.events.get()
        if event['domain'] == 'chat' and event['data'].get('seq') == cursor + 1:
            cursor += 1
            print(f'{event["data"]["from_name"]}: {event["data"]["content"]}')
    await connection.close()


asyncio.run(main())
