#!/usr/bin/env bash
# Expected: an array of conditions in `where` is a list of alternatives (OR). Without any alternative nothing can match, as with `In([])`;
#   and since TypeORM 1.0 refuses `undefined` and `null` in conditions, an empty list should at least throw.
# Seen: `find({ where: [] })` returns every row, and `exists({ where: [] })` is true. `delete([])` and `update([], …)` do throw.
# Versions: typeorm 1.1.1 with sql.js 1.13.0; Node 20.19 or later.
# Where it matters: `where: ids.map((id) => ({ id }))`, the usual way to write a filter by rights, shows everything to those who may see nothing.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts typeorm@1.1.1 sql.js@1.13.0 reflect-metadata@0.2.2
cat >seen.mjs <<'JS'
import 'reflect-metadata';
import { DataSource, EntitySchema, In } from 'typeorm';

const Note = new EntitySchema({
  name: 'Note',
  columns: { id: { type: Number, primary: true, generated: true }, owner: { type: String } },
});
const source = await new DataSource({ type: 'sqljs', entities: [Note], synchronize: true }).initialize();
const notes = source.getRepository('Note');
await notes.save([{ owner: 'ann' }, { owner: 'ben' }, { owner: 'cem' }]);

const allowed = [];
const alternatives = await notes.find({ where: allowed.map((owner) => ({ owner })) });
const list = await notes.find({ where: { owner: In(allowed) } });
const exists = await notes.exists({ where: [] });
const deletion = await notes.delete([]).then(() => 'passed', (error) => error.message);
console.log(`where: []       ${alternatives.length} of 3 rows`);
console.log(`where: In([])   ${list.length} of 3 rows`);
console.log(`exists []       ${exists}`);
console.log(`delete([])      ${deletion}`);
process.exit(alternatives.length === 3 && list.length === 0 && exists && deletion !== 'passed' ? 0 : 1);
JS
node seen.mjs
