import { defineConfig } from 'vite';

/** Where the server serves what is built here (src/console). */
const BASE = '/console/';

export default defineConfig({
  root: import.meta.dirname,
  base: BASE,
  // The server puts the path below which it lies into each page; scripts find each other from where they are.
  experimental: {
    renderBuiltUrl: (name, { hostType }) => (hostType === 'html' ? `/__base__${BASE}${name}` : { relative: true }),
  },
  // The server puts a new one into each answer.
  html: { cspNonce: '{{nonce}}' },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    // Everything is a file of its own: what is inlined as `data:` the page's policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The libraries mark what runs in browsers; here everything does.
      onLog: (level, log, handle) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
      output: {
        entryFileNames: '[name]-[hash].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
  // `npx vite web` beside a running server: the console anew at each change.
  server: {
    proxy: Object.fromEntries(
      ['/api', '/auth', '/docs', '/redoc', '/asyncapi', '/openapi.json', '/health', '/v1', '/ws', '/socket.io', '/register'].map(
        (path) => [path, { target: 'http://localhost:8000', ws: true }],
      ),
    ),
  },
});
