import { DefaultNamingStrategy, type Table } from 'typeorm';

const snakeCase = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();

/** Names as PostgreSQL itself gives them (`users_pkey`, `sessions_user_id_fkey`), so that migrations written by hand and entities agree. */
export class PostgresNaming extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined, embeddedPrefixes: string[]): string {
    return [...embeddedPrefixes.map(snakeCase), customName || snakeCase(propertyName)].join('_');
  }

  override joinColumnName(relationName: string, referencedColumnName: string): string {
    return `${snakeCase(relationName)}_${snakeCase(referencedColumnName)}`;
  }

  override primaryKeyName(table: Table | string): string {
    return `${this.bareTableName(table)}_pkey`;
  }

  override uniqueConstraintName(table: Table | string, columnNames: string[]): string {
    return `${this.bareTableName(table)}_${columnNames.join('_')}_key`;
  }

  override relationConstraintName(table: Table | string, columnNames: string[]): string {
    return this.uniqueConstraintName(table, columnNames);
  }

  override foreignKeyName(table: Table | string, columnNames: string[]): string {
    return `${this.bareTableName(table)}_${columnNames.join('_')}_fkey`;
  }

  override indexName(table: Table | string, columnNames: string[]): string {
    return `${this.bareTableName(table)}_${columnNames.join('_')}_idx`;
  }

  private bareTableName(table: Table | string): string {
    return this.getTableName(table).split('.').at(-1) ?? '';
  }
}
