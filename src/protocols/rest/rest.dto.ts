import { FullName, LoginName, LoginPassword, Password, Username } from '../../users/fields.js';
import { Email, Flag, Int, Text } from '../../validation/fields.js';

/** Field names are the wire's own. */
export class RestLoginBody {
  @LoginName({ example: 'user' })
  username!: string;

  @LoginPassword({ example: 'password' })
  password!: string;
}

export class RestRegisterBody {
  @Email()
  email!: string;

  @Username()
  username!: string;

  @Password({ example: 'correct horse' })
  password!: string;

  @FullName()
  full_name?: string | null;
}

export class RestCreateUserBody extends RestRegisterBody {
  @Flag({ optional: true, description: 'true unless given' })
  is_active?: boolean;

  @Flag({ optional: true, description: 'false unless given' })
  is_superuser?: boolean;
}

export class RestUpdateUserBody {
  @Email({ optional: true, nullable: true, description: 'null only where the account has none', example: 'newemail@example.com' })
  email?: string | null;

  @Username({ optional: true, example: 'newusername' })
  username?: string;

  @FullName({ example: 'New Name' })
  full_name?: string | null;

  @Password({ optional: true, example: 'newpassword' })
  password?: string;

  @Flag({ optional: true, description: "A superuser's to set" })
  is_active?: boolean;

  @Flag({ optional: true, description: "A superuser's to set" })
  is_superuser?: boolean;
}

const MAX_SKIP = 1_000_000_000;

export class RestUsersQuery {
  @Int({ min: 0, max: MAX_SKIP, optional: true, description: 'Users to pass over' })
  skip = 0;

  @Int({ min: 1, max: 1000, optional: true, description: 'Users on a page' })
  limit = 100;

  @Int({ min: 0, optional: true, description: 'Only users after this id; the `Link` header gives the next page by it' })
  after?: number;

  @Text({
    max: 254,
    optional: true,
    description: 'Part of the user name or of the e-mail address; a single character has to be at the beginning',
  })
  q?: string;
}

export class RestRecoverBody {
  @Email()
  email!: string;
}

export class RestResetBody {
  @Text({ min: 1, max: 256, example: 'the token of the link' })
  token!: string;

  @Password({ example: 'a new password' })
  password!: string;
}
