import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { Settings } from './src/config/settings.js';
import { openDatabaseForTools } from './src/database/open-database.js';
import { dataSourceOptions } from './src/database/options.js';

// For the TypeORM command line alone (`npm run migration:…`), on built code; hence a pattern where the server has a list of classes.
const entities = [join(import.meta.dirname, 'src/**/*.entity.js')];
if (existsSync('.env')) process.loadEnvFile('.env');
const database = await openDatabaseForTools(Settings.from(process.env));

class ToolDataSource extends DataSource {
  override async destroy(): Promise<void> {
    await super.destroy();
    await database.stop();
  }
}

export default new ToolDataSource(dataSourceOptions(database.url, { pool: 2, entities }));
