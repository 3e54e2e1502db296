import { describe, expect, it } from 'vitest';
import { DEMO, PEOPLE } from '../../src/cli/demo/people.js';
import { logOf, membersAtEnd, readSeqOf, type Talk } from '../../src/cli/demo/talk.js';
import { TALKS } from '../../src/cli/demo/talks.js';
import { sharedNames } from '../../src/cli/demo/words.js';
import { NewAccountFields } from '../../src/cli/new-account.js';
import { foldName, lookalikeOf, skeletonOf } from '../../src/users/names.js';
import { check } from '../../src/validation/validate.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const DAY_MS = 86_400_000;
const callOf = ({ name, members }: Talk): string => name ?? members.join(' and ');
const person = (username: string) => PEOPLE.find((one) => one.username === username);

describe('the people of the demo', () => {
  it('have names that registration takes, none like another', () => {
    for (const { username, fullName, mail } of PEOPLE) {
      const email = mail === undefined ? undefined : `${mail}@example.com`;
      expect(check(NewAccountFields, { user_name: username, full_name: fullName, email })).toMatchObject({
        value: { user_name: username },
      });
    }
    for (const keyOf of [foldName, skeletonOf, lookalikeOf]) {
      expect(new Set(PEOPLE.map(({ username }) => keyOf(username))).size).toBe(PEOPLE.length);
    }
    const addresses = PEOPLE.flatMap(({ mail }) => mail ?? []);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('are listed in the order in which their accounts were made, some of them deactivated since', () => {
    const days = PEOPLE.map(({ since }) => since);
    expect(days).toEqual([...days].sort((a, b) => b - a));
    for (const { since, inactiveSince = 0 } of PEOPLE) expect(inactiveSince).toBeLessThan(since);
    expect(PEOPLE.filter(({ inactiveSince }) => inactiveSince !== undefined).length).toBeGreaterThan(1);
    expect(person(DEMO)?.isSuperuser).toBe(true);
  });
});

describe('the chats of the demo', () => {
  it('are of people who exist, and of each two only one', () => {
    const pairs = TALKS.flatMap(({ name, members }) => (name === undefined ? [[...members].sort().join()] : []));
    expect(new Set(pairs).size).toBe(pairs.length);
    for (const talk of TALKS) {
      expect([callOf(talk), new Set(talk.members).size]).toEqual([callOf(talk), talk.members.length]);
      for (const who of [...talk.members, ...(talk.admins ?? [])]) expect([who, person(who)]).toEqual([who, expect.anything()]);
      if (talk.name === undefined) expect(talk.members).toHaveLength(2);
    }
  });

  it('have logs that could have been: in order, in the last two weeks, by members with an account at that time', () => {
    for (const talk of TALKS) {
      const log = logOf(talk, NOW);
      const members = new Set(talk.members);
      let last = NOW.getTime() - 15 * DAY_MS;
      log.forEach((entry, i) => {
        const place = `${callOf(talk)}, entry ${i + 1}`;
        const at = entry.at.getTime();
        expect(at, place).toBeGreaterThan(last);
        expect(members.has(entry.by), place).toBe(true);
        const ago = (NOW.getTime() - at) / DAY_MS;
        expect(person(entry.by)?.since, place).toBeGreaterThan(ago);
        expect(person(entry.by)?.inactiveSince ?? 0, place).toBeLessThan(ago);
        if (entry.kind === 'joined') members.add(entry.member);
        if (entry.kind === 'left') members.delete(entry.member);
        last = at;
      });
      expect(last).toBeLessThanOrEqual(NOW.getTime());
      expect(membersAtEnd(talk, log)).toEqual(members);
    }
  });

  it('leave exactly as many messages unread as they say', () => {
    for (const talk of TALKS) {
      const log = logOf(talk, NOW);
      const gone = new Set(log.flatMap((entry) => (entry.kind === 'deleted' ? [entry.target] : [])));
      for (const [who, unread] of Object.entries(talk.unread ?? {})) {
        const readSeq = readSeqOf(log, who, unread);
        const left = log.filter(({ kind, by }, i) => i + 1 > readSeq && kind === 'message' && by !== who && !gone.has(i + 1));
        expect([callOf(talk), who, left.length]).toEqual([callOf(talk), who, unread]);
        expect(membersAtEnd(talk, log).has(who)).toBe(true);
      }
    }
  });

  it('are many, in many scripts, with changed and deleted messages', () => {
    const entries = TALKS.flatMap((talk) => logOf(talk, NOW));
    const said = entries.flatMap((entry) => (entry.kind === 'message' ? [entry.content] : []));
    expect(said.length).toBeGreaterThan(250);
    for (const script of ['Latin', 'Cyrillic', 'Greek', 'Arabic', 'Hebrew', 'Devanagari', 'Han', 'Hiragana', 'Hangul']) {
      expect([script, said.some((text) => new RegExp(`\\p{Script=${script}}`, 'u').test(text))]).toEqual([script, true]);
    }
    for (const kind of ['edited', 'deleted', 'joined', 'left']) expect(entries.some((entry) => entry.kind === kind)).toBe(true);
    expect(said.filter((text) => /\p{Emoji_Presentation}/u.test(text)).length).toBeGreaterThan(50);
    // Addresses that nobody can register.
    const links = said.flatMap((text) => text.match(/https?:\/\/\S+/g) ?? []);
    expect(links.length).toBeGreaterThan(8);
    for (const link of links) expect(new URL(link).hostname).toMatch(/(^|\.)example\.(com|org|net)$/);
  });

  it('are the same each time, but for the moment', () => {
    const later = new Date(NOW.getTime() + DAY_MS);
    for (const talk of TALKS) {
      expect(logOf(talk, later)).toEqual(
        logOf(talk, NOW).map((entry) => ({ ...entry, at: new Date(entry.at.getTime() + DAY_MS) })),
      );
    }
  });
});

describe('the names of a load', () => {
  it('are compared part by part: the keys of a name are those of its beginning and of its digits', () => {
    for (const { start } of sharedNames(0, 300)) {
      for (const number of ['0123456789', '1', '90', '1000000']) {
        expect(check(NewAccountFields, { user_name: start + number })).toMatchObject({ value: { user_name: start + number } });
        for (const keyOf of [foldName, skeletonOf, lookalikeOf]) {
          const digits = keyOf('0123456789');
          const ending = number.replaceAll(/\d/g, (digit) => digits[Number(digit)] ?? '');
          expect(keyOf(start + number)).toBe(keyOf(start) + ending);
        }
      }
    }
  });

  it('differ from each other, in more than one language', () => {
    const names = sharedNames(0, 234);
    expect(new Set(names.map(({ start }) => start)).size).toBe(names.length);
    expect(new Set(sharedNames(0, 26).map(({ fullName }) => fullName)).size).toBe(26);
    for (const script of ['Cyrillic', 'Arabic', 'Han']) {
      expect(sharedNames(0, 26).some(({ fullName }) => new RegExp(`\\p{Script=${script}}`, 'u').test(fullName))).toBe(true);
    }
  });
});
