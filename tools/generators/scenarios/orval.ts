import { type GeneratedClient } from './client';
import * as api from './generated/api';

let options: RequestInit = {};

function ok<Answer extends { status: number; data: unknown }>(answer: Answer): Extract<Answer, { status: 200 }>['data'] {
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  return answer.data;
}

export const client: GeneratedClient = {
  logIn: async (username, password) => ok(await api.restAuthLogin({ username, password })).access_token,
  use: (token) => {
    options = { headers: { authorization: `Bearer ${token}` } };
  },
  readMe: async () => ok(await api.restUsersMe(options)),
  rename: async (id, fullName) => ok(await api.restUsersUpdate(id, { full_name: fullName }, options)).full_name,
  createChat: async (title) =>
    ok(await api.restChatsCreate({ chat_type: 'group', chat_name: title, members: [] }, options)).chat_id,
  say: async (id, content) => ok(await api.restMessagesSend(id, { content }, options)).seq,
  history: async (id) => ok(await api.restMessagesList(id, {}, options)).messages.map(({ content }) => content ?? null),
  logOut: async () => void ok(await api.restAuthLogout(options)),
  status: async () => (await api.restUsersMe(options)).status,
};
