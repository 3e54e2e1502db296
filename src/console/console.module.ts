import { Controller, type DynamicModule, Get, Module, Redirect } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { Public } from '../http/access.js';
import { BasePath } from '../http/base-path.js';
import { Undocumented } from '../http/route-docs.js';
import { ConsoleController } from './console.controller.js';

/** The console is a client like any other, of the protocols `rest` and `game`: without them there is none. */
export const hasConsole = ({ PROTOCOLS: served }: Settings): boolean => served.includes('rest') && served.includes('game');

/** Where there is no console, `/` leads to what is there in any case. */
@Controller()
class NoConsoleController {
  constructor(private readonly base: BasePath) {}

  @Get()
  @Public()
  @Undocumented()
  @Redirect('/docs', 302)
  page(): { url: string } {
    return { url: this.base.at('/docs') };
  }
}

/** The console: a page for people, at `/`. */
@Module({})
export class ConsoleModule {
  static forRoot(settings: Settings): DynamicModule {
    return { module: ConsoleModule, controllers: [hasConsole(settings) ? ConsoleController : NoConsoleController] };
  }
}
