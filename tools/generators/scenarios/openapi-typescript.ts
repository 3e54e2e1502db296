import createClient from 'openapi-fetch';
import { type GeneratedClient, given } from './client';
import type { paths } from './generated/api';

const api = createClient<paths>({ baseUrl: process.env.BASE ?? '' });

export const client: GeneratedClient = {
  logIn: async (username, password) =>
    given((await api.POST('/api/v1/auth/login', { body: { username, password } })).data, 'token').access_token,
  use: (token) =>
    api.use({
      onRequest({ request }) {
        request.headers.set('authorization', `Bearer ${token}`);
      },
    }),
  readMe: async () => given((await api.GET('/api/v1/users/me')).data, 'user'),
  rename: async (id, fullName) => {
    const { data } = await api.PUT('/api/v1/users/{user_id}', {
      params: { path: { user_id: id } },
      body: { full_name: fullName },
    });
    return given(data, 'user').full_name;
  },
  createChat: async (title) =>
    given((await api.POST('/api/v1/chats', { body: { chat_type: 'group', chat_name: title, members: [] } })).data, 'chat')
      .chat_id,
  say: async (id, content) => {
    const { data } = await api.POST('/api/v1/chats/{chat_id}/messages', { params: { path: { chat_id: id } }, body: { content } });
    return given(data, 'message').seq;
  },
  history: async (id) => {
    const { data } = await api.GET('/api/v1/chats/{chat_id}/messages', { params: { path: { chat_id: id } } });
    return given(data, 'page').messages.map(({ content }) => content ?? null);
  },
  logOut: async () => void given((await api.POST('/api/v1/auth/logout')).data, 'answer'),
  status: async () => (await api.GET('/api/v1/users/me')).response.status,
};
