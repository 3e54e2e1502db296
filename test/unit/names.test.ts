import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Password, LoginPassword, Username } from '../../src/users/fields.js';
import { foldEmail, foldName, lookalikeOf, skeletonOf } from '../../src/users/names.js';
import { check } from '../../src/validation/validate.js';

class Names {
  @Username()
  username!: string;
}

class Passwords {
  @Password()
  password!: string;
}

class LogIn {
  @LoginPassword()
  password!: string;
}

const refusal = (username: unknown): string | undefined => {
  const checked = check(Names, { username });
  return 'value' in checked ? undefined : checked[0]?.type;
};
const accepted = (username: string): string => {
  const checked = check(Names, { username });
  if (!('value' in checked)) throw new Error(JSON.stringify(checked));
  return checked.value.username;
};

describe('user names', () => {
  it.each(['abc', 'user_name.1-x', 'Ивана', '用户名字', 'مرحبا', 'नमस्ते', 'aʹdmin', 'x'.repeat(64), '𝒳yz', 'Сергей_smith'])(
    'takes %s',
    (name) => {
      expect(accepted(name)).toBe(name.normalize('NFKC'));
    },
  );

  it.each(['می\u200cخواهم', 'क्\u200dष', 'ශ්\u200dරී', 'क्\u200cष'])('takes the joiners in %j, which change what is seen', (name) => {
    expect(accepted(name)).toBe(name);
    expect(skeletonOf(name)).toBe(skeletonOf(name.replaceAll(/[\u200c\u200d]/g, '')));
  });

  it.each(['دا\u200cر', 'mi\u200cxed', '\u200cمیخ', 'میخ\u200c', 'کم\u200cx', 'क\u200dष', 'क्\u200d', 'می\u200c\u200cخ'])(
    'refuses the joiners in %j, which nobody sees',
    (name) => {
      expect(refusal(name)).toBe('value_error.str.regex');
    },
  );

  it.each([' alice', 'alice\u3000', '\u00a0alice\n'])('takes the blanks around %j away', (name) => {
    expect(accepted(name)).toBe('alice');
    expect(foldName(name)).toBe('alice');
  });

  it('say in words what is allowed', () => {
    expect(check(Names, { username: 'a b c' })).toMatchObject([
      { msg: 'allowed are letters and digits of any script and _ . -' },
    ]);
  });

  it.each([
    ['ab', 'value_error.any_str.min_length'],
    ['x'.repeat(65), 'value_error.any_str.max_length'],
    ['a b c', 'value_error.str.regex'],
    ['user@host', 'value_error.str.regex'],
    ['abc\u202edef', 'value_error.str.regex'],
    ['abc\u200bdef', 'value_error.str.regex'],
    ['\u3164\u3164\u3164', 'value_error.str.regex'], // Hangul fillers
    ['\u115f\u1160\uffa0', 'value_error.str.regex'],
    ['abc\ufe0f', 'value_error.str.regex'], // variation selector
    ['a\u034fbc', 'value_error.str.regex'], // combining grapheme joiner
    ['a\u200dbc', 'value_error.str.regex'],
    ['abc\u17b4', 'value_error.str.regex'],
    ['abc\u{e0100}', 'value_error.str.regex'],
    ['abc\r\nBcc: x', 'value_error.str.regex'],
    ['abc\0def', 'value_error.str.regex'],
    ['abc\ud800', 'value_error.str.regex'],
    ['\ufdfa'.repeat(40), 'value_error.any_str.max_length'],
    ["' OR 1=1--", 'value_error.str.regex'],
    [17, 'type_error.str'],
    [['abc'], 'type_error.str'],
    [{ toString: 'abc' }, 'type_error.str'],
  ])('refuses %j', (name, type) => {
    expect(refusal(name)).toBe(type);
  });

  it('counts characters, not the units of an encoding', () => {
    expect(accepted('𠜎𠜱𠝹')).toBe('𠜎𠜱𠝹');
    expect(accepted('𠜎'.repeat(64))).toHaveLength(128);
    expect(refusal('𠜎𠜱')).toBe('value_error.any_str.min_length');
  });

  it('keeps names of full width as ordinary ones', () => {
    expect(accepted('ａｄｍｉｎ')).toBe('admin');
  });
});

describe('the fold of a name', () => {
  it.each([
    ['ADMIN', 'admin'],
    ['ａdmin', 'admin'],
    ['ＡＤＭＩＮ', 'admin'],
    ['STRASSE', 'straße'],
    ['ΟΔΟΣ', 'οδος'],
    ['οδοσ', 'οδος'],
    ['И\u0306ван', 'йван'],
    ['\u212aelvin', 'kelvin'],
  ])('is the same for %s and %s', (one, other) => {
    expect(foldName(one)).toBe(foldName(other));
  });

  it('keeps different names apart', () => {
    const names = ['admin', 'admın2', 'администратор', 'user.name', 'user_name', 'user-name', 'anna', 'hanna'];
    expect(new Set(names.map(foldName)).size).toBe(names.length);
  });

  it('is the fold of itself, and its beginning is the fold of the beginning', () => {
    const letters = fc.stringMatching(/^[a-zA-Zа-яёА-ЯЁα-ωΑ-Ωßİıſŉǰΐ0-9_.-]{1,20}$/u);
    fc.assert(
      fc.property(letters, fc.nat(20), (name, cut) => {
        const folded = foldName(name);
        expect(foldName(folded)).toBe(folded);
        expect(foldName(name.toUpperCase())).toBe(folded);
        const simple = name.replace(/[ßİŉǰΐ]/g, 'x');
        expect(foldName(simple).startsWith(foldName(simple.slice(0, cut)))).toBe(true);
      }),
    );
  });
});

describe('the skeleton of a name (Unicode TR39)', () => {
  it.each([
    ['аdmin', 'admin'], // Cyrillic а
    ['АDMIN', 'admin'], // Cyrillic А
    ['аԁmіn', 'admin'], // Cyrillic а, ԁ, і
    ['pаypal', 'paypal'],
    ['user1', 'userl'],
    ['rn00n', 'moon'],
    ['αdmin', 'admin'], // Greek alpha
    ['ո1ck', 'nlck'], // Armenian
    ['é\u0301va', 'e\u0301\u0301va'],
  ])('is the same for %s and %s', (one, other) => {
    expect(skeletonOf(one)).toBe(skeletonOf(other));
  });

  it('tells names apart that a reader tells apart', () => {
    const names = ['admin', 'badmin', 'alice', 'élise', 'elise', 'иван', 'ivan', 'анна', 'anna2', 'bob', 'rob'];
    expect(new Set(names.map(skeletonOf)).size).toBe(names.length);
  });

  it('fits an index even where every character stands for many', () => {
    for (const character of ['𑐙', 'ဪ', '㎣', '𝟠', 'ﬃ']) {
      const name = check(Names, { username: character.repeat(64) });
      const skeleton = 'value' in name ? skeletonOf(name.value.username) : '';
      const lookalike = 'value' in name ? lookalikeOf(name.value.username) : '';
      expect(Buffer.byteLength(skeleton)).toBeLessThan(2600);
      expect(Buffer.byteLength(lookalike)).toBeLessThan(2600);
    }
  });
});

describe('the skeleton of a name as it is written', () => {
  it.each([
    ['Kate', '\u039aate'], // Greek Kappa
    ['MARIA', '\u041c\u0410RIA'], // Cyrillic М, А
    ['Alice', 'AIice'], // capital I
    ['lvan', 'Ivan'],
    ['Kate', '\u039aATE'],
    ['a\u034fbc', 'abc'],
    ['abc', 'abc\ufe0f'],
  ])('is the same for %s and %s', (one, other) => {
    expect(lookalikeOf(one)).toBe(lookalikeOf(other));
  });

  it('tells names apart that a reader tells apart', () => {
    const names = ['Admin', 'Badmin', 'Alice', 'Élise', 'Elise', 'Иван', 'Ivan', 'Анна', 'Anna2', 'Bob', 'Rob'];
    expect(new Set(names.map(lookalikeOf)).size).toBe(names.length);
  });
});

describe('the fold of an address', () => {
  it('leaves everything but ASCII letters alone', () => {
    expect(foldEmail('A@X.Com')).toBe('a@x.com');
    expect(foldEmail('\u212aELVIN@x.com')).toBe('\u212aelvin@x.com');
    expect(foldEmail('mİke@x.com')).toBe('mİke@x.com');
  });
});

describe('passwords', () => {
  const typeOf = (dto: typeof Passwords | typeof LogIn, password: unknown): string | undefined => {
    const checked = check(dto, { password });
    return 'value' in checked ? undefined : checked[0]?.type;
  };

  it('counts 8 to 128 characters after composition', () => {
    expect(typeOf(Passwords, 'x'.repeat(7))).toBe('value_error.any_str.min_length');
    expect(typeOf(Passwords, 'e\u0301'.repeat(7))).toBe('value_error.any_str.min_length');
    for (const good of [
      'x'.repeat(8),
      'x'.repeat(128),
      '🔑'.repeat(8),
      '🔑'.repeat(128),
      'e\u0301'.repeat(128),
      '        ',
      ' pass wörd ',
      '\t\n\r\x1b[0m\x7f',
    ]) {
      expect(typeOf(Passwords, good)).toBeUndefined();
    }
    expect(typeOf(Passwords, 'x'.repeat(129))).toBe('value_error.any_str.max_length');
    expect(typeOf(Passwords, 'x'.repeat(1_000_000))).toBe('value_error.any_str.max_length');
  });

  it('never trims', () => {
    const checked = check(Passwords, { password: '  secret  ' });
    expect('value' in checked && checked.value.password).toBe('  secret  ');
  });

  it('refuses what cannot be kept, and what is no string', () => {
    for (const bad of ['12345678\0', '1234567\ud800', '\udc00 1234567'])
      expect(typeOf(Passwords, bad)).toBe('value_error.str.regex');
    for (const bad of [12_345_678, ['12345678'], { length: 8 }, true]) expect(typeOf(Passwords, bad)).toBe('type_error.str');
  });

  it('has no least length at a log-in', () => {
    expect(typeOf(LogIn, '')).toBeUndefined();
    expect(typeOf(LogIn, 'x')).toBeUndefined();
    expect(typeOf(LogIn, 'x'.repeat(129))).toBe('value_error.any_str.max_length');
    expect(typeOf(LogIn, 'x\0')).toBe('value_error.str.regex');
  });
});
