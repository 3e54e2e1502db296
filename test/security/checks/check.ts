/** A test that holds a check. */
export interface HoldingTest {
  /** Its file, below the top folder. */
  readonly file: string;
  /** Its title as the source spells it, placeholders of `it.each` included. */
  readonly title: string;
}

/** One property that can be tried from outside, and what holds it. */
export interface SecurityCheck {
  readonly number: number;
  readonly what: string;
  /** Clauses of OWASP ASVS 5.0, of OWASP cheat sheets, of NIST SP 800-63B-4 and of RFCs. */
  readonly clause: string;
  readonly tests: readonly HoldingTest[];
}

export const check = (number: number, what: string, clause: string, ...tests: HoldingTest[]): SecurityCheck => ({
  ...{ number, what, clause },
  tests,
});

/** Names tests of one file. @param file below `test`, without its ending */
export const inFile =
  (file: string) =>
  (title: string): HoldingTest => ({ file: `test/${file}.test.ts`, title });
