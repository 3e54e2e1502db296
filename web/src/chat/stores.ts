import { blocksOf } from '../contacts/use-blocks';
import { perConnection } from '../session/per-connection';
import { useLive, useUser } from '../session/session';
import { useStore } from '../shared/use-store';
import { ChatList } from './chat-list';
import { HiddenChats } from './hidden-chats';
import { Requests } from './requests';

const chatsOf = perConnection((live, userId) => {
  const list = new ChatList(live, userId);
  const hidden = new HiddenChats(live);
  const requests = new Requests(live);
  blocksOf(live, userId).onEachChange(() => {
    list.refresh();
    void requests.load();
  });
  return { list, hidden, requests };
});

/** Everything the page of chats shows. */
export type ChatStores = ReturnType<typeof chatsOf>;

/** The chats of the user, those that are hidden, and requests for others. */
export function useChatStores(): ChatStores {
  const stores = chatsOf(useLive(), useUser().id);
  useStore(stores.list);
  useStore(stores.hidden);
  useStore(stores.requests);
  return stores;
}
