import { type GeneratedClient } from './client';
import * as api from './generated';
import { client as http } from './generated/client.gen';

http.setConfig({ baseUrl: process.env.BASE ?? '' });
const throwOnError = true as const;

export const client: GeneratedClient = {
  logIn: async (username, password) =>
    (await api.restAuthLogin({ body: { username, password }, throwOnError })).data.access_token,
  use: (token) => void http.setConfig({ auth: () => token }),
  readMe: async () => (await api.restUsersMe({ throwOnError })).data,
  rename: async (id, fullName) =>
    (await api.restUsersUpdate({ path: { user_id: id }, body: { full_name: fullName }, throwOnError })).data.full_name,
  createChat: async (title) =>
    (await api.restChatsCreate({ body: { chat_type: 'group', chat_name: title, members: [] }, throwOnError })).data.chat_id,
  say: async (id, content) => (await api.restMessagesSend({ path: { chat_id: id }, body: { content }, throwOnError })).data.seq,
  history: async (id) => {
    const { data } = await api.restMessagesList({ path: { chat_id: id }, throwOnError });
    return data.messages.map(({ content }) => content ?? null);
  },
  logOut: async () => void (await api.restAuthLogout({ throwOnError })),
  status: async () => (await api.restUsersMe()).response?.status ?? 0,
};
