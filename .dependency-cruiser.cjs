/*
 * The floors of the house (docs/architecture.md): imports only point down.
 *
 *   main → app.* → protocols, docs, console, chat, matches, moderation, cli → commands → auth → users → the ground
 *
 * Rooms of the ground may use each other, without cycles. Types count like values: a type that points up is a dependency, too.
 */
const GROUND = 'realtime|bus|database|ops|errors|config|identity|validation|http|quotas';
const FEATURES = 'protocols|docs|console|chat|matches|moderation|cli';
const TOP = '^src/(main|app\\.[^/]+)\\.ts$';

/** Nothing below may know what is above. */
const floor = (name, from, above) => ({
  name: `floor-${name}`,
  severity: 'error',
  comment: `${name} may use what lies below it, not what lies above`,
  from: { path: from },
  to: { path: [above && `^src/(${above})/`, TOP].filter(Boolean) },
});

const SOCKET_LIBRARIES = '^node_modules/(ws|socket\\.io|engine\\.io|@nestjs/websockets|@nestjs/platform-[^/]+)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'two modules that need each other are one module, or hide a third one',
      from: {},
      to: { circular: true },
    },
    floor('ground', `^src/(${GROUND})/`, `users|auth|commands|${FEATURES}`),
    floor('users', '^src/users/', `auth|commands|${FEATURES}`),
    floor('auth', '^src/auth/', `commands|${FEATURES}`),
    floor('commands', '^src/commands/', FEATURES),
    floor('features', `^src/(${FEATURES})/`),
    {
      name: 'app-not-to-main',
      severity: 'error',
      from: { path: '^src/app\\.' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'rooms-are-known',
      severity: 'error',
      comment: 'a new room needs its floor: add it above',
      from: { path: '^src/', pathNot: [`^src/(${GROUND}|users|auth|commands|${FEATURES})/`, TOP] },
      to: {},
    },
    {
      name: 'no-feature-to-another',
      severity: 'error',
      comment: 'features meet by command and event only',
      from: { path: `^src/(${FEATURES})/` },
      to: { path: `^src/(${FEATURES})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'no-protocol-to-another',
      severity: 'error',
      comment: 'a protocol must be removable by removing its folder',
      from: { path: '^src/protocols/([^/]+)/' },
      to: { path: '^src/protocols/[^/]+/', pathNot: '^src/protocols/$1/' },
    },
    {
      name: 'codecs-are-pure',
      severity: 'error',
      comment: 'a codec turns frames into requests and results into frames, and nothing else',
      from: { path: '\\.codec\\.ts$' },
      to: { path: ['^node_modules/(?!zod/)', '^src/(users|auth|database|bus|ops)/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'core-knows-no-socket-library',
      severity: 'error',
      comment: 'only adapters know ws, Socket.IO and the websockets of Nest',
      from: { path: '^src/(realtime|commands)/', pathNot: '^src/realtime/adapters/' },
      to: { path: SOCKET_LIBRARIES },
    },
    {
      name: 'source-not-to-tools',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts|web|clients)/' },
    },
    {
      name: 'no-development-package-in-source',
      severity: 'error',
      comment: 'it is not there where the server runs',
      from: { path: '^(src/|ormconfig\\.ts)' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'kit-stands-alone',
      severity: 'error',
      comment: 'it is a package of its own',
      from: { path: '^clients/' },
      to: { path: '^(src|web|test|bench|scripts)/' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // The compiler of this project has no API to parse with; SWC only reads here.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
