/** What is open beside the list of chats: a chat, the requests for others, or nothing. */
export type OpenPlace = number | 'requests' | null;

/** @param place what follows `/chats/` in the address */
export function parsePlace(place: string | undefined): OpenPlace {
  if (place === undefined) return null;
  return place === 'requests' ? place : Number(place);
}
