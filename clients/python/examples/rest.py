"""Registers, makes a chat, says something in it and reads it: HTTP alone, with requests."""

import uuid

import requests

BASE = 'http://localhost:8000'

account = {'username': 'carol', 'email': 'carol@example.com', 'password': 'correct horse'}
answer = requests.post(f'{BASE}/api/v1/auth/register', json=account)
if answer.status_code == 400:  # there is such an account already
    answer = requests.post(f'{BASE}/api/v1/auth/login', json=account)
answer.raise_for_status()

session = requests.Session()
session.headers['Authorization'] = f'Bearer {answer.json()["access_token"]}'


def call(method, path, **options):
    """The JSON of an answer. Raises requests.HTTPError where it is no success."""
    answer = session.request(method, f'{BASE}/api/v1{path}', timeout=10, **options)
    answer.raise_for_status()
    return answer.json()


print('I am', call('GET', '/users/me')['username'])

chat = call('POST', '/chats', json={'chat_type': 'group', 'chat_name': 'Notes', 'members': []})
messages = f'/chats/{chat["chat_id"]}/messages'

# With a key of its own a message may be sent again whenever the answer was lost, and is stored once.
key = str(uuid.uuid4())
for attempt in range(2):
    sent = call('POST', messages, json={'content': 'Hello!'}, headers={'Idempotency-Key': key})
    print('stored as', sent['seq'], 'again' if sent['duplicate'] else 'now')

for message in call('GET', messages)['messages']:
    print(f'{message["from_name"]}: {message["content"]}')
