import { FACTS, socketOrigin, socketPath } from './protocols.js';
import type { SnippetJob } from './snippet-job.js';
import { javaScriptSnippet } from './snippets-javascript.js';
import { pythonSnippet } from './snippets-python.js';
import { curlSnippet, wscatSnippet } from './snippets-shell.js';

/** In what a request can be copied. */
export const LANGUAGES = ['wscat', 'python', 'javascript', 'curl'] as const;
export type SnippetLanguage = (typeof LANGUAGES)[number];

interface JobOptions extends Pick<SnippetJob, 'protocol' | 'origin' | 'withToken' | 'wire' | 'http'> {
  readonly clientId: string;
}

/** What a snippet has to do for a request. */
export function snippetJob({ clientId, ...job }: JobOptions): SnippetJob {
  const { protocol, origin } = job;
  const isHttpOnly = FACTS[protocol].socket === null;
  return { ...job, socketUrl: isHttpOnly ? null : socketOrigin(origin) + socketPath(protocol, clientId) };
}

/** Why there is nothing to copy in a language. */
export type NoSnippet = 'noSocket' | 'noHttp';

/**
 * Code that runs as it is printed, with the token in the environment variable TOKEN.
 * @returns the code, or why there is none
 */
export function snippet(language: SnippetLanguage, job: SnippetJob): { readonly code: string } | { readonly none: NoSnippet } {
  switch (language) {
    case 'wscat':
      return job.wire.kind === 'http' || job.socketUrl === null
        ? { none: 'noSocket' }
        : { code: wscatSnippet(job, job.socketUrl) };
    case 'curl': {
      const http = job.wire.kind === 'http' ? job.wire : job.http;
      return http ? { code: curlSnippet(job, http) } : { none: 'noHttp' };
    }
    case 'javascript':
      return { code: javaScriptSnippet(job) };
    case 'python':
      return { code: pythonSnippet(job) };
  }
}
