import { type GeneratedClient } from './client';
import { Api } from './generated/api';

const { api, setSecurityData } = new Api<string>({
  baseUrl: process.env.BASE ?? '',
  securityWorker: (token) => (token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
});

export const client: GeneratedClient = {
  logIn: async (username, password) => (await api.restAuthLogin({ username, password })).data.access_token,
  use: setSecurityData,
  readMe: async () => (await api.restUsersMe()).data,
  rename: async (id, fullName) => (await api.restUsersUpdate(id, { full_name: fullName })).data.full_name,
  createChat: async (title) => (await api.restChatsCreate({ chat_type: 'group', chat_name: title, members: [] })).data.chat_id,
  say: async (id, content) => (await api.restMessagesSend(id, { content })).data.seq,
  history: async (id) => (await api.restMessagesList(id)).data.messages.map(({ content }) => content ?? null),
  logOut: async () => void (await api.restAuthLogout()),
  status: () =>
    api.restUsersMe().then(
      ({ status }) => status,
      (answer: { status: number }) => answer.status,
    ),
};
