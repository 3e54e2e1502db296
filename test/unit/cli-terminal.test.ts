import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { newPassword } from '../../src/cli/new-password.js';
import { jsonText, sheet, table, visible } from '../../src/cli/print.js';
import { until } from '../support/until.js';

/** A terminal that somebody types at, and what it shows. */
class Screen {
  readonly input = Object.assign(new PassThrough(), {
    isTTY: true,
    echo: true,
    setRawMode(on: boolean) {
      this.echo = !on;
      return this;
    },
  });
  readonly prompts = new PassThrough();
  private text = '';

  constructor() {
    this.prompts.setEncoding('utf8').on('data', (part: string) => (this.text += part));
  }

  get shown(): string {
    return this.text;
  }

  /** Types once the question is there. */
  async type(question: string, keys: string): Promise<void> {
    await until(() => this.text.endsWith(question) && !this.input.echo);
    this.input.write(keys);
  }
}

describe('the question for a password', () => {
  it('is asked twice, shows nothing of the answer and leaves the terminal as it was', async () => {
    const screen = new Screen();
    const password = newPassword({}, screen);
    await screen.type('Password: ', ' sésame öffne dich \r');
    await screen.type('again: ', ' sésame öffne dich \r');
    expect(await password).toBe(' sésame öffne dich ');
    await until(() => screen.shown === 'Password: \nThe same again: \n');
    expect(screen.input.echo).toBe(true);
  });

  it('takes two answers that come at once, as when they are pasted', async () => {
    const screen = new Screen();
    const password = newPassword({}, screen);
    await screen.type('Password: ', 'correct horse\rcorrect horse\r');
    expect(await password).toBe('correct horse');
  });

  it('refuses two that differ', async () => {
    const screen = new Screen();
    const password = newPassword({}, screen);
    await screen.type('Password: ', 'correct horse\r');
    await Promise.all([expect(password).rejects.toThrow(/differ/), screen.type('again: ', 'correct house\r')]);
    expect(screen.input.echo).toBe(true);
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('can be declined by %s', async (_name, key) => {
    const screen = new Screen();
    const password = newPassword({}, screen);
    await Promise.all([expect(password).rejects.toThrow(/No password/), screen.type('Password: ', key)]);
    expect(screen.input.echo).toBe(true);
  });
});

describe('a password from standard input', () => {
  const read = (bytes: string | Buffer): Promise<string | null> => {
    const input = new PassThrough();
    input.end(bytes);
    return newPassword({ passwordStdin: true }, { input, prompts: new PassThrough() });
  };

  it('is everything but the end of its line', async () => {
    expect(await read('correct horse\n')).toBe('correct horse');
    expect(await read('correct horse\r\n')).toBe('correct horse');
    expect(await read('  \ufeffcorrect\nhorse \n\n')).toBe('  \ufeffcorrect\nhorse \n');
    expect(await read('')).toBe('');
  });

  it('is text of a password’s length, or refused', async () => {
    await expect(read(Buffer.from([0x70, 0xff, 0x70]))).rejects.toThrow(/UTF-8/);
    await expect(read('x'.repeat(16_385))).rejects.toThrow(/too long/);
  });

  it('is not looked for where there is no terminal and nothing was said', async () => {
    expect(await newPassword({}, { input: new PassThrough(), prompts: new PassThrough() })).toBeNull();
  });
});

describe('a password that is made up', () => {
  it('is another one each time and has no letters that look alike', async () => {
    const terminal = { input: new PassThrough(), prompts: new PassThrough() };
    const made = await Promise.all(Array.from({ length: 100 }, () => newPassword({ generatePassword: true }, terminal)));
    expect(new Set(made).size).toBe(100);
    for (const password of made) expect(password).toMatch(/^[a-hjkmnp-z2-9]{6}(-[a-hjkmnp-z2-9]{6}){3}$/);
  });
});

describe('what is printed', () => {
  const hostile = 'a\x1b[31m\u009b1m\u202e\u2028\ud800z';

  it('shows characters that a terminal would obey instead of sending them', () => {
    expect(visible(hostile)).toBe('a\\u{1b}[31m\\u{9b}1m\\u{202e}\\u{2028}\\u{d800}z');
    expect(table(['name'], [[hostile]])).not.toMatch(/[^\P{Cc}\n]|[\u202e\u2028]/u);
    expect(sheet({ name: hostile })).not.toMatch(/[^\P{Cc}\n]|[\u202e\u2028]/u);
  });

  it('escapes them in JSON so that what is read is what was written', () => {
    const text = jsonText({ name: hostile, other: 'ä\n' });
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\u202e\u2028]/u);
    expect(JSON.parse(text)).toEqual({ name: hostile, other: 'ä\n' });
  });

  it('keeps columns straight, whatever the script, and cuts what is too wide', () => {
    const rows = [
      ['東京', true],
      ['e\u0301va', false],
      [null, 7],
    ];
    expect(table(['name', 'x'], rows)).toBe('NAME  X\n東京  yes\ne\u0301va   no\n-     7\n');
    expect(table(['name'], [['x'.repeat(100)]])).toBe(`NAME\n${'x'.repeat(59)}…\n`);
  });

  it('leaves nothing out of what has a line to itself', () => {
    expect(sheet({ long: 'x'.repeat(300), none: null })).toBe(`long  ${'x'.repeat(300)}\nnone  -\n`);
  });
});
