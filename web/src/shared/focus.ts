/** What has the focus; for an item of a menu, which goes with the menu, the button that opened it. */
export function focusedNow(): HTMLElement | null {
  const { activeElement } = document;
  if (!(activeElement instanceof HTMLElement)) return null;
  const menu = activeElement.closest('[role=menu]');
  return menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : activeElement;
}

/** Gives the focus back after a dialog has closed, unless something else has got it by then. */
export function giveFocusBack(to: HTMLElement | null): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) to?.focus({ preventScroll: true });
  });
}
