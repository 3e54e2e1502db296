import { LoginName, LoginPassword, Password, Username } from '../../users/fields.js';
import { Email, Text } from '../../validation/fields.js';

export class GameRegisterBody {
  @Email()
  email!: string;

  @Username({ example: 'my_username' })
  username!: string;

  @Password({ example: 'my_secure_password' })
  password!: string;
}

export class GameLoginBody {
  @LoginName({ example: 'my_username' })
  username!: string;

  @LoginPassword({ example: 'my_secure_password' })
  password!: string;
}

export class GameRefreshBody {
  @Text({ max: 512, example: 'refresh_token_string_goes_here' })
  refresh_token!: string;
}
