import { type INestApplication, Injectable } from '@nestjs/common';
import { StaticFile } from '../../http/static-file.js';
import { buildDocument } from './document.js';

/** The OpenAPI document of this server, made when somebody first asks for it. */
@Injectable()
export class ApiDocument {
  private app: INestApplication | undefined;

  readonly file = new StaticFile({
    type: 'application/json; charset=utf-8',
    read: async () => {
      if (!this.app) throw new Error('ApiDocument.describe was not told which application to describe');
      return JSON.stringify(await buildDocument(this.app));
    },
  });

  /** Says whose routes to describe: the library looks for them in the application itself. */
  describe(app: INestApplication): void {
    this.app = app;
  }
}
