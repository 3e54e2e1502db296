import { describe, expect, it } from 'vitest';
import { EnvSyntaxError, readEnvText } from '../../src/config/env-file.js';

const read = (text: string): object => readEnvText(Buffer.from(text));

describe('an .env file', () => {
  it('is read with or without a byte order mark, and with the line ends of any system', () => {
    const values = { PUBLIC_URL: 'https://one.example.com', LOG_LEVEL: 'warn' };
    for (const mark of ['', '\ufeff']) {
      for (const end of ['\n', '\r\n']) {
        expect({ ...read(`${mark}PUBLIC_URL=https://one.example.com${end}LOG_LEVEL=warn${end}`) }).toEqual(values);
        expect({ ...read(`${mark}# settings${end}PUBLIC_URL=https://one.example.com${end}${end}LOG_LEVEL=warn`) }).toEqual(
          values,
        );
      }
    }
  });

  it('may hold comments, blanks, exports, quotes and values of several lines', () => {
    const text = `
      # a comment
      export A = 'one'
      B="two # three" # four
      C="first
      SECOND LINE: of the value
      last"
      D=
    `;
    expect({ ...read(text) }).toMatchObject({ A: 'one', B: 'two # three', D: '' });
    expect(read(text)).toHaveProperty('C', expect.stringContaining('SECOND LINE: of the value'));
  });

  it('keeps the setting behind a line of blanks or an indented comment', () => {
    expect({ ...read('A=1\n  \nB=2\n\t# C=3\n  D=4\n') }).toEqual({ A: '1', B: '2', D: '4' });
  });

  it.each([
    ['PUBLIC_URL: https://one.example.com', 1],
    ['A=1\nB', 2],
    ['A=1\n\n{"B": 2}', 3],
    ['A="one\ntwo"\nthree', 3],
    ['A-B=1', 1],
  ])('is refused for a line that is not a setting: %j', (text, line) => {
    expect(() => read(text)).toThrow(new EnvSyntaxError(line, 'is not a setting: write NAME=value'));
  });

  it('is refused for a quote that nothing closes', () => {
    expect(() => read('A=1\nB="two\nC=3')).toThrow(new EnvSyntaxError(2, 'begins a value with " that nothing ends'));
  });

  it.each([
    ['A=1\nB=pa#ss', 2, 'has a # in its value: put the value in quotes'],
    ['A=#pass', 1, 'has a # in its value: put the value in quotes'],
    [`A='pa''ss'`, 1, "has more behind the closing ': use other quotes"],
    ['A="pa\\"ss"', 1, 'has more behind the closing ": use other quotes'],
    ['A="one\ntwo" three', 2, 'has more behind the closing ": use other quotes'],
  ])('is refused for a value that would be cut off: %j', (text, line, reason) => {
    expect(() => read(text)).toThrow(new EnvSyntaxError(line, reason));
  });

  it('may have a comment behind a value', () => {
    expect({ ...read('A=one # two#three\nB= # none\nC="four#five"# six') }).toEqual({ A: 'one', B: '', C: 'four#five' });
  });

  it.each(['utf16le', 'latin1'] as const)('is refused in %s', (encoding) => {
    expect(() => readEnvText(Buffer.from('A=ä\n', encoding))).toThrow(/UTF-8/);
  });

  it('never quotes a line that it refuses', () => {
    expect(() => read('APP_SECRET hunter2')).toThrow(/^(?!.*hunter2)/);
  });
});
