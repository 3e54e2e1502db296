import { Module } from '@nestjs/common';
import { GreetingCommands } from './greeting.commands.js';
import { GreetingController } from './greeting.controller.js';

@Module({ controllers: [GreetingController], providers: [GreetingCommands] })
export class GreetingModule {}
