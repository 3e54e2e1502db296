/**
 * What every answer says unless a route says otherwise, whatever answers it: no cache may keep it (most of what we say is for one person
 * only), and a browser that is led to it runs, frames and sniffs nothing. Pages bring a content policy of their own.
 */
export const DEFAULT_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;
