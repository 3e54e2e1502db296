import { Module } from '@nestjs/common';

/** The documentation that the server serves about itself: `/openapi.json`, `/docs`, `/redoc`. */
@Module({})
export class DocsModule {}
