/** `npm run bench` runs every benchmark, `npm run bench -- ping` one. Each prints ratios against a yardstick of the same run. */
const ALL = ['me', 'logins', 'ping', 'chat', 'broadcast', 'idle', 'console', 'neighbour', 'open-socket'];
const given = process.argv.slice(2);
// Options are those of the benchmark in front of them.
const options = given.findIndex((name) => name.startsWith('-'));
const asked = options < 0 ? given : given.slice(0, options);
const unknown = asked.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${ALL.join(', ')}`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : ALL) await import(`./${name}.js`);
