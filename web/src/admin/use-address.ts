import { useCallback } from 'react';
import { useHashLocation } from 'wouter/use-hash-location';
import { type Address, addressOf, parseAddress } from './address';

type Choices = Readonly<Record<string, string | number | null | undefined>>;

/**
 * Where one is, and a way to choose something else on the same page. What is chosen stands behind the `#`, too: so it is in the
 * address and in the history, but never sent to the server.
 */
export function useAddress(): Address & { readonly choose: (choices: Choices, how?: 'push' | 'replace') => void } {
  const [location] = useHashLocation();
  const { path, choices } = parseAddress(location);
  const choose = useCallback((next: Choices, how: 'push' | 'replace' = 'push') => {
    goTo(addressOf(parseAddress(currentLocation()).path, next), how);
  }, []);
  return { path, choices, choose };
}

const currentLocation = (): string => `/${location.hash.replace(/^#?\/?/, '')}`;

/** Goes to an address behind the `#`. */
export function goTo(address: string, how: 'push' | 'replace' = 'push'): void {
  if (currentLocation() === address) return;
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', `#${address}`);
  // Changing the history tells nobody; the router listens to this.
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** An address as the target of a link. */
export const linkTo = (path: string, choices?: Choices): string => `#${addressOf(path, choices)}`;
