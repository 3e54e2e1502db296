import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { schemaOf } from '../validation/validate.js';
import { ALLOW_ANONYMOUS, COMMAND, type CommandHandler, type CommandMetadata, SUPERUSER_ONLY } from './command.js';

/** A command as the dispatcher runs it. */
export interface RegisteredCommand extends CommandMetadata {
  readonly fullName: string;
  readonly access: 'anonymous' | 'user' | 'superuser';
  readonly handler: CommandHandler;
  /** Counted here as plain numbers: a labelled counter of the metrics library costs more than a ping. */
  readonly outcomes: Map<string, number>;
}

/** What `system.commands` and the documentation say of a command. */
export interface CommandDescription {
  readonly command: string;
  readonly summary: string;
  readonly access: RegisteredCommand['access'];
  /** The least that it weighs, in frames. */
  readonly weight: number;
  /** How it grows with the payload. */
  readonly weight_by?: string;
  readonly payload: object;
  readonly answer?: object;
  readonly example?: CommandMetadata['example'];
}

/** All commands, found by their `@Command()` in every provider of the application; no feature has to be named here. */
@Injectable()
export class CommandRegistry implements OnModuleInit {
  private readonly commands = new Map<string, RegisteredCommand>();
  private described: readonly CommandDescription[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    for (const provider of this.discovery.getProviders()) {
      const instance: unknown = provider.instance;
      if (typeof instance !== 'object' || instance === null) continue;
      const prototype: unknown = Object.getPrototypeOf(instance);
      if (typeof prototype !== 'object' || prototype === null) continue;
      for (const name of this.scanner.getAllMethodNames(prototype)) this.register(instance, Reflect.get(prototype, name));
    }
  }

  private register(instance: object, method: unknown): void {
    if (typeof method !== 'function') return;
    const metadata = this.reflector.get<CommandMetadata | undefined, symbol>(COMMAND, method as () => void);
    if (!metadata) return;
    const fullName = `${metadata.domain}.${metadata.name}`;
    if (this.commands.has(fullName)) throw new Error(`Two commands are called ${fullName}`);
    const isAnonymous = this.reflector.get<boolean | undefined, symbol>(ALLOW_ANONYMOUS, method as () => void);
    const isSuperuser = this.reflector.get<boolean | undefined, symbol>(SUPERUSER_ONLY, method as () => void);
    this.commands.set(fullName, {
      ...metadata,
      fullName,
      access: isSuperuser ? 'superuser' : isAnonymous ? 'anonymous' : 'user',
      handler: method.bind(instance) as CommandHandler,
      outcomes: new Map(),
    });
  }

  find(domain: string, name: string): RegisteredCommand | undefined {
    return this.commands.get(`${domain}.${name}`);
  }

  all(): Iterable<RegisteredCommand> {
    return this.commands.values();
  }

  /** The commands that clients can call, in alphabetical order. They do not change while the server runs. */
  describe(): readonly CommandDescription[] {
    this.described ??= this.describeAll();
    return this.described;
  }

  private describeAll(): CommandDescription[] {
    return [...this.commands.values()]
      .filter((command) => !command.internal)
      .sort((a, b) => (a.fullName < b.fullName ? -1 : 1))
      .map(({ fullName, summary, access, weight = 1, payload, answer, example }) => ({
        command: fullName,
        summary,
        access,
        ...(typeof weight === 'number' ? { weight } : { weight: weight.least, weight_by: weight.by }),
        payload: payload ? schemaOf(payload) : { type: 'object' },
        ...(answer ? { answer } : {}),
        ...(example ? { example } : {}),
      }));
  }
}
