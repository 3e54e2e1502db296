import { Injectable } from '@nestjs/common';

interface KnownRoute {
  /** Parts of its path; those that begin with a colon fit anything. */
  readonly parts: readonly string[];
  readonly methods: Set<string>;
  protocol: string | undefined;
}

/** What fits a path: the methods that are served there, and whose it is. */
export interface RouteMatch {
  readonly methods: readonly string[];
  readonly protocol: string | undefined;
}

const partsOf = (path: string): string[] => path.split('/').slice(1);

/**
 * The routes that there are. Of a request that no route takes the framework says nothing but its URL; what would have been served there, and
 * in whose words, is found here.
 */
@Injectable()
export class KnownRoutes {
  private readonly routes = new Map<string, KnownRoute>();

  note(path: string, methods: readonly string[], protocol: string | undefined): void {
    // What answers everywhere, such as preflights, says nothing of a path.
    if (path.includes('*')) return;
    const route = this.routes.get(path) ?? { parts: partsOf(path), methods: new Set<string>(), protocol };
    route.protocol ??= protocol;
    for (const method of methods) route.methods.add(method);
    this.routes.set(path, route);
  }

  /** @param url with a query or without */
  match(url: string): RouteMatch | null {
    const path = url.replace(/[?#].*$/s, '').replace(/(?<=.)\/$/, '');
    const parts = partsOf(path);
    const fitting = [...this.routes.values()].filter((route) => fits(route.parts, parts));
    if (fitting.length === 0) return null;
    const methods = new Set(fitting.flatMap((route) => [...route.methods]));
    return { methods: [...methods].toSorted(), protocol: fitting.find(({ protocol }) => protocol !== undefined)?.protocol };
  }
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every((part, index) => part === parts[index] || (part.startsWith(':') && parts[index] !== ''));
}
