import { type DynamicModule, Module } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { ConsoleController } from './console.controller.js';

/** The console: a page for people, at `/`. It is a client like any other, of the protocols `rest` and `game`. */
@Module({})
export class ConsoleModule {
  static forRoot({ PROTOCOLS: served }: Settings): DynamicModule {
    const hasWhatItNeeds = served.includes('rest') && served.includes('game');
    return { module: ConsoleModule, controllers: hasWhatItNeeds ? [ConsoleController] : [] };
  }
}
