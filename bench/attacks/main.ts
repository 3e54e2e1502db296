import { attackNamed } from './index.js';

/** An attack in a process of its own: `<name> <base URL> <seconds> [<access token> …]`. */
const [name = '', base = '', seconds = '', ...tokens] = process.argv.slice(2);
await attackNamed(name)(base, { seconds: Number(seconds), tokens });
process.exit(0);
