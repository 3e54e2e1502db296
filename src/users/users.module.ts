import { Module } from '@nestjs/common';
import { ClientLinks } from './client-links.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** The table of accounts and what reads it. */
@Module({
  providers: [UsersRepository, UsersService, ClientLinks],
  exports: [UsersRepository, UsersService, ClientLinks],
})
export class UsersModule {}
