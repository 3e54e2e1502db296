#!/usr/bin/env bash
# Expected: since 1.0 a condition of `undefined` or `null` throws instead of being left out. So it does inside an operator, too.
# Seen: `Equal(undefined)`, `Not(undefined)`, `Not(null)`, `In([undefined])` and a query builder's `where({ name: undefined })` find
#   nothing, without an error. `Not(undefined)` finds nothing although it reads as "anything else".
# Versions: typeorm 1.1.1 with sql.js 1.13.0; Node 20.19 or later.
# Where it matters: the new check guards plain values only, not those that a request brings into an operator. A check such as
#   "no other account has this address", written with `Not(user?.id)`, passes without looking.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts typeorm@1.1.1 sql.js@1.13.0 reflect-metadata@0.2.2
cat >seen.mjs <<'JS'
import 'reflect-metadata';
import { DataSource, Equal, EntitySchema, In, Not } from 'typeorm';

const User = new EntitySchema({
  name: 'User',
  columns: { id: { type: Number, primary: true, generated: true }, name: { type: String } },
});
const source = await new DataSource({ type: 'sqljs', entities: [User], synchronize: true }).initialize();
const users = source.getRepository('User');
await users.save([{ name: 'ann' }, { name: 'ben' }]);

const found = async (find) => {
  try {
    return `${(await find()).length} rows`;
  } catch (error) {
    return error.constructor.name;
  }
};
const seen = {
  plain: await found(() => users.findBy({ name: undefined })),
  equal: await found(() => users.findBy({ name: Equal(undefined) })),
  not: await found(() => users.findBy({ name: Not(undefined) })),
  notNull: await found(() => users.findBy({ name: Not(null) })),
  in: await found(() => users.findBy({ name: In([undefined]) })),
  builder: await found(() => users.createQueryBuilder('u').where({ name: undefined }).getMany()),
};
console.table(seen);
const { plain, ...inOperators } = seen;
process.exit(plain === 'TypeORMError' && Object.values(inOperators).every((outcome) => outcome === '0 rows') ? 0 : 1);
JS
node seen.mjs
