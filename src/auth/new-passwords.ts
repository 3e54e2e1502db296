import { Injectable } from '@nestjs/common';
import { PasswordBlocklist, type PasswordOwner } from './password-blocklist.js';
import { PasswordHasher } from './password-hasher.js';

/** The one way by which a password gets into the table: checked against the blocklist, then hashed. */
@Injectable()
export class NewPasswords {
  constructor(
    private readonly blocklist: PasswordBlocklist,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * @returns what is stored
   * @throws CoreError `invalid_input` where it is too easily guessed, `unavailable` when too many wait already
   */
  async hash(password: string, owner: PasswordOwner): Promise<string> {
    this.blocklist.check(password, owner);
    return this.hasher.hash(password);
  }

  /** Whether a password that is sent once more is the one that was stored. @throws CoreError `unavailable` */
  matches(passwordHash: string, password: string): Promise<boolean> {
    return this.hasher.verify(passwordHash, password);
  }
}
