import { PARAMTYPES_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { ACCESS, type Access } from '../../http/access.js';
import { ROUTE_DOCS, type RouteDocs } from '../../http/route-docs.js';

/** What a controller's method says of itself. */
export interface Handler {
  readonly protocol: string | undefined;
  /** The controller's name without `Controller` and without that of its protocol, in small letters. */
  readonly area: string;
  /** undefined: it says nothing, so that it needs an account. */
  readonly access: Access | undefined;
  /** null: not to be shown; undefined: it says nothing to us. */
  readonly docs: RouteDocs | null | undefined;
  /** Path parameters that are taken as integers. */
  readonly integers: ReadonlySet<string>;
}

interface ControllerClass {
  readonly name: string;
  readonly prototype: object;
}

/** By what the methods of controllers are told apart, in {@link handlersOf} as in the document. */
export const handlerKey = (controller: string, method: string): string => `${controller}_${method}`;

/** All methods of all controllers of the application, extensions included, by their {@link handlerKey}. */
export function handlersOf(modules: ModulesContainer): Map<string, Handler> {
  const scanner = new MetadataScanner();
  const handlers = new Map<string, Handler>();
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const controller = metatype as ControllerClass;
      for (const name of scanner.getAllMethodNames(controller.prototype)) {
        handlers.set(handlerKey(controller.name, name), handlerOf(controller, name));
      }
    }
  }
  return handlers;
}

function handlerOf(controller: ControllerClass, name: string): Handler {
  const method: unknown = Reflect.get(controller.prototype, name);
  const { protocol } = metadata<{ readonly protocol?: string }>(FASTIFY_ROUTE_CONFIG_METADATA, method) ?? {};
  return {
    protocol,
    area: areaOf(controller.name, protocol),
    access: metadata<Access>(ACCESS, method) ?? metadata<Access>(ACCESS, controller),
    docs: metadata<RouteDocs | null>(ROUTE_DOCS, method),
    integers: integersOf(controller, name),
  };
}

function metadata<T>(key: string | symbol, target: unknown): T | undefined {
  return typeof target === 'function' ? (Reflect.getMetadata(key, target) as T | undefined) : undefined;
}

/** `RestUsersController` of `rest` → `users` */
function areaOf(controller: string, protocol: string | undefined): string {
  const name = controller.replace(/Controller$/, '').toLowerCase();
  return protocol !== undefined && name.startsWith(protocol) ? name.slice(protocol.length) : name;
}

/** Named parameters of the method that are declared as numbers: `@PathId('user_id') userId: number`. */
function integersOf(controller: ControllerClass, name: string): Set<string> {
  const types = (Reflect.getMetadata(PARAMTYPES_METADATA, controller.prototype, name) ?? []) as readonly unknown[];
  const given = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Readonly<
    Record<string, { readonly index: number; readonly data?: unknown }>
  >;
  const names = Object.values(given).flatMap(({ index, data }) =>
    typeof data === 'string' && types[index] === Number ? [data] : [],
  );
  return new Set(names);
}
