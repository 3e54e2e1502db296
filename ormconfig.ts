import 'reflect-metadata';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { readEnvironment } from './src/config/environment.js';
import { Settings } from './src/config/settings.js';
import { openDatabaseForTools } from './src/database/open-database.js';
import { dataSourceOptions } from './src/database/options.js';

// For the TypeORM command line alone (`npm run migration:…`), on built code; hence a pattern where the server has a list of classes.
const entities = [join(import.meta.dirname, 'src/**/*.entity.js')];
const database = await openDatabaseForTools(Settings.from(readEnvironment()));

class ToolDataSource extends DataSource {
  override async destroy(): Promise<void> {
    await super.destroy();
    await database.stop();
  }
}

export default new ToolDataSource(dataSourceOptions(database.url, { pool: 2, entities }));
