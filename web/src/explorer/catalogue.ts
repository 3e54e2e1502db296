import useSWR from 'swr';
import { exchange } from './http-exchange';
import { fieldsOf, type Field, type Schema, startPayload } from './schema-form';
import type { JsonObject } from './wire';

/** A command of this server, extensions' ones too. */
export interface CommandInfo {
  readonly name: string;
  readonly summary: string;
  readonly access: 'anonymous' | 'user' | 'superuser';
  readonly fields: readonly Field[];
  readonly start: JsonObject;
  /** Runs over sockets only. */
  readonly liveOnly: boolean;
}

interface Described {
  readonly command: string;
  readonly summary: string;
  readonly access: CommandInfo['access'];
  readonly payload: Schema;
  readonly example?: { readonly payload?: unknown };
}

async function load(): Promise<CommandInfo[]> {
  const [commands, document] = await Promise.all([
    exchange({ method: 'POST', path: '/api/v1/commands/system/commands', body: {}, token: null }),
    exchange({ method: 'GET', path: '/openapi.json', body: undefined, token: null }).catch(() => undefined),
  ]);
  const described = (commands.json as { readonly data?: { readonly commands?: readonly Described[] } } | undefined)?.data
    ?.commands;
  if (!described) throw new Error(`${commands.status}`);
  const paths = (document?.json as { readonly paths?: object } | undefined)?.paths;
  return described.map(({ command, summary, access, payload, example }) => ({
    name: command,
    summary,
    access,
    fields: fieldsOf(payload),
    start: startPayload(payload, example?.payload),
    // What runs over HTTP, too, is in the document of HTTP.
    liveOnly: paths !== undefined && !Object.hasOwn(paths, `/api/v1/commands/${command.replace('.', '/')}`),
  }));
}

/** Every command of the server, as it says itself. */
export function useCatalogue() {
  return useSWR<CommandInfo[], unknown>('explorer/commands', load, { revalidateOnFocus: false, revalidateOnReconnect: false });
}
