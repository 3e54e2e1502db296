import { LoginName, LoginPassword, Password, Username } from '../../users/fields.js';
import { Email } from '../../validation/fields.js';

export class McpCredentials {
  @LoginName({ example: 'login' })
  login!: string;

  @LoginPassword({ example: 'password' })
  password!: string;
}

export class McpRegisterBody {
  @Username({ example: 'login' })
  login!: string;

  @Password({ example: 'password' })
  password!: string;

  @Email({ optional: true, nullable: true })
  email?: string | null;
}
