type Change = 'online' | 'visibilitychange' | 'storage' | 'pagehide' | 'pageshow';

/** What the browser says of a page that is shown. */
export interface Shown {
  /** It was left before, and comes back as it was. */
  readonly persisted?: boolean;
}

interface Target {
  addEventListener(name: Change, listener: (event: Shown) => void): void;
  removeEventListener(name: Change, listener: (event: Shown) => void): void;
}

/** What is used of a page, and is not there in Node. */
interface Page extends Partial<Target> {
  readonly document?: Target & { readonly visibilityState: string };
  readonly location?: { readonly origin: string };
  readonly navigator?: { readonly locks?: { request<T>(name: string, work: () => Promise<T>): Promise<T> } };
  /** Throws where the page may not have any. */
  readonly localStorage?: {
    getItem(name: string): string | null;
    setItem(name: string, value: string): void;
    removeItem(name: string): void;
  };
}

const everything: object = globalThis;

export const page: Page = everything;
