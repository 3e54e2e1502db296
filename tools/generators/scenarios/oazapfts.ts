import { ok } from '@oazapfts/runtime';
import { type GeneratedClient } from './client';
import * as api from './generated/api';

api.defaults.baseUrl = process.env.BASE ?? '';

export const client: GeneratedClient = {
  logIn: async (username, password) => (await ok(api.restAuthLogin({ username, password }))).access_token,
  use: (token) => {
    api.defaults.headers = { authorization: `Bearer ${token}` };
  },
  readMe: () => ok(api.restUsersMe()),
  rename: async (id, fullName) => (await ok(api.restUsersUpdate(id, { full_name: fullName }))).full_name,
  createChat: async (title) => (await ok(api.restChatsCreate({ chat_type: 'group', chat_name: title, members: [] }))).chat_id,
  say: async (id, content) => (await ok(api.restMessagesSend(id, { content }))).seq,
  history: async (id) => (await ok(api.restMessagesList(id))).messages.map(({ content }) => content ?? null),
  logOut: async () => void (await ok(api.restAuthLogout())),
  status: async () => (await api.restUsersMe()).status,
};
