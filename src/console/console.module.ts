import { type DynamicModule, Module } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { ConsoleController } from './console.controller.js';

/** The console is a client like any other, of the protocols `rest` and `game`: without them there is none. */
export const hasConsole = ({ PROTOCOLS: served }: Settings): boolean => served.includes('rest') && served.includes('game');

/** The console: a page for people, at `/`. */
@Module({})
export class ConsoleModule {
  static forRoot(settings: Settings): DynamicModule {
    return { module: ConsoleModule, controllers: hasConsole(settings) ? [ConsoleController] : [] };
  }
}
