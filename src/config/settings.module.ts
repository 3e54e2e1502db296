import { type DynamicModule, Module } from '@nestjs/common';
import { Settings } from './settings.js';

/** The settings for everybody, injected by their class. */
@Module({})
export class SettingsModule {
  static forRoot(settings: Settings): DynamicModule {
    return { module: SettingsModule, global: true, providers: [{ provide: Settings, useValue: settings }], exports: [Settings] };
  }
}
