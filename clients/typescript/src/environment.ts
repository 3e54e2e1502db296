type Change = 'online' | 'visibilitychange' | 'storage';

interface Target {
  addEventListener(name: Change, listener: () => void): void;
  removeEventListener(name: Change, listener: () => void): void;
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
