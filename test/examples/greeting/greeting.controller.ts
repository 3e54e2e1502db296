import { Controller, Get, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public, Superuser } from '../../../src/http/access.js';
import { sessionOf } from '../../../src/http/request.js';
import { WeekdayGuard } from './weekday.guard.js';

@Controller('greetings')
export class GreetingController {
  /** Open to everybody. */
  @Get('today')
  @Public()
  @ApiOperation({ summary: 'The greeting of the day' })
  @ApiOkResponse({ description: 'The greeting', schema: { type: 'object', example: { text: 'Hello!' } } })
  today(): { text: string } {
    return { text: 'Hello!' };
  }

  /** For everybody with an account: a route that says nothing is never open by accident. */
  @Get('mine')
  mine(@Req() request: FastifyRequest): { text: string } {
    return { text: `Hello, ${sessionOf(request).username}!` };
  }

  @Get('all')
  @Superuser()
  all(): string[] {
    return ['Hello!', 'Good morning!'];
  }

  /** Passport's guard and one of your own work as they do everywhere in Nest; they come after the server's. */
  @Get('weekday')
  @UseGuards(AuthGuard('jwt'), WeekdayGuard)
  weekday(): { text: string } {
    return { text: 'Have a productive day!' };
  }
}
