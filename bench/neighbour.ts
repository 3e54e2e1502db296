import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Kind, KINDS } from './neighbour/kinds.js';
import { Build, type Look, type Outcome, type Waits } from './neighbour/neighbour.js';
import { print, Subject } from './support.js';

/**
 * What one abusive client of every kind does to a quiet neighbour: the neighbour's waits under attack against its own quiet ones, in
 * one run with another build, in turn.
 */
const given = process.argv.slice(2);
const { values } = parseArgs({
  args: given.slice(given.indexOf('neighbour') + 1),
  options: {
    against: { type: 'string' },
    only: { type: 'string' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** Milliseconds, MiB, times, and log-ins. */
const MOST = { pingMs: 25, memoryMiB: 64, listTimes: 3, refused: 0 };

const kinds = values.only === undefined ? KINDS : KINDS.filter(({ attack }) => values.only?.split(',').includes(attack));
if (kinds.length === 0) throw new Error(`There is no such attack; there are ${KINDS.map(({ attack }) => attack).join(', ')}`);
if (values.against !== undefined && !existsSync(join(values.against, 'dist/src/main.js')))
  throw new Error(`${values.against} has no build: run npm run build there`);

const ratio = (quiet: Waits, attacked: Waits): number => attacked.p99 / quiet.p99;

/** Which targets an outcome misses. */
function missesOf({ target }: Kind, { quiet, attacked, memory }: Outcome): string[] {
  const misses: string[] = [];
  if (attacked.login.refused.length > MOST.refused) misses.push(`${attacked.login.refused.length} log-ins refused`);
  if (target === 'database' && ratio(quiet.list, attacked.list) > MOST.listTimes)
    misses.push(`list ${ratio(quiet.list, attacked.list).toFixed(1)} times as long`);
  if (target === 'arrival' && attacked.ping.p99 > MOST.pingMs) misses.push(`ping ${attacked.ping.p99.toFixed(0)} ms`);
  if (target === 'arrival' && memory.peak - memory.before > MOST.memoryMiB)
    misses.push(`memory +${(memory.peak - memory.before).toFixed(0)} MiB`);
  return misses;
}

const waits = (quiet: Waits, attacked: Waits): string =>
  `p50 ${quiet.p50.toFixed(1)} → ${attacked.p50.toFixed(1)}, p99 ${quiet.p99.toFixed(1)} → ${attacked.p99.toFixed(1)} ms (${ratio(quiet, attacked).toFixed(1)})`;

function line(build: string, { quiet, attacked, memory }: Outcome): string {
  const of = (name: keyof Look): string => waits(quiet[name], attacked[name]);
  const { refused, count } = attacked.login;
  const why = refused.length > 0 ? ` (${[...new Set(refused)].join(', ')})` : '';
  return [
    `  ${build.padEnd(6)} ping   ${of('ping')}; of a server beside it ${waits(quiet.control, attacked.control)}`,
    `         list   ${of('list')}`,
    `         log-in ${of('login')}, refused ${refused.length} of ${count}${why}`,
    `         memory ${memory.before.toFixed(0)} → ${memory.peak.toFixed(0)} MiB`,
  ].join('\n');
}

/** Everything in one table, as it stands in docs/performance.md: the build before, then this one. */
function table(): string {
  const cell = (attack: string, of: (outcome: Outcome) => string): string =>
    builds
      .toReversed()
      .flatMap(({ name }) => results.find((one) => one.kind.attack === attack && one.build === name)?.outcome ?? [])
      .map(of)
      .join(' → ');
  const rows = kinds.map(({ attack, title }) => [
    title,
    cell(attack, ({ attacked }) => attacked.ping.p99.toFixed(0)),
    cell(attack, ({ attacked }) => attacked.control.p99.toFixed(0)),
    cell(attack, ({ quiet, attacked }) => ratio(quiet.list, attacked.list).toFixed(1)),
    cell(attack, ({ attacked }) => `${attacked.login.refused.length} of ${attacked.login.count}`),
    cell(attack, ({ memory }) => `+${(memory.peak - memory.before).toFixed(0)}`),
  ]);
  const head = ['attack', 'ping p99, ms', 'of a server beside it, ms', 'list p99, times quiet', 'log-ins refused', 'memory, MiB'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const began = performance.now();
const [loadBefore = 0] = loadavg();
const say = (text: string): void => (values.json ? undefined : print(text));
const profiles = values.profile === undefined ? undefined : resolve(values.profile);
const control = await Subject.yardstick('ws-json');
const builds: Build[] = [];
const results: { readonly kind: Kind; readonly build: string; readonly outcome: Outcome; readonly misses: readonly string[] }[] =
  [];
try {
  builds.push(await Build.prepare('now', control.url, undefined, profiles));
  if (values.against !== undefined) builds.push(await Build.prepare('before', control.url, resolve(values.against), profiles));
  for (const [at, kind] of kinds.entries()) {
    say(`\n${kind.attack}: ${kind.title}`);
    // Each goes first in turn: what the machine does meanwhile disturbs both alike.
    for (const build of at % 2 === 0 ? builds : builds.toReversed()) {
      const outcome = await build.suffer(kind);
      results.push({ kind, build: build.name, outcome, misses: missesOf(kind, outcome) });
      say(line(build.name, outcome));
    }
  }
} finally {
  for (const build of builds) await build.remove();
  await control.stop();
}
const seconds = (performance.now() - began) / 1000;
const missed = results.filter(({ build, misses }) => build === 'now' && misses.length > 0);
if (values.json) print(JSON.stringify({ seconds, load: [loadBefore, loadavg()[0]], targets: MOST, results }));
say(`\n${table()}`);
say(`\n${kinds.length - missed.length} of ${kinds.length} within the targets${missed.length > 0 ? '; not:' : ''}`);
for (const { kind, misses } of missed) say(`  ${kind.attack}: ${misses.join(', ')}`);
say(`${seconds.toFixed(0)} s; load of the machine ${loadBefore.toFixed(1)} before, ${loadavg()[0]?.toFixed(1)} after`);
