import { applyDecorators, Controller } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';

/**
 * A controller of one protocol: its routes' errors are in that protocol's words, and the documentation lists them under it.
 * Use it above the methods' own decorators, in place of `@Controller()`.
 */
export function ProtocolController(protocol: string, prefix: string): ClassDecorator {
  return applyDecorators(Controller(prefix), (target: object) => {
    if (typeof target !== 'function') return;
    const prototype = Reflect.get(target, 'prototype') as object;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      if (name !== 'constructor' && typeof descriptor?.value === 'function')
        RouteConfig({ protocol })(prototype, name, descriptor);
    }
  });
}
