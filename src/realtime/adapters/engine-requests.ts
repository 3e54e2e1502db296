import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreError } from '../../errors/catalogue.js';
import { queryOf } from '../../http/urlencoded.js';
import { declaredLength } from '../../http/request.js';
import type { Intake } from '../../ops/intake.js';
import type { Hub } from '../hub.js';
import { Arrivals } from './arrivals.js';
import type { CountedEngine, EngineRequest } from './counted-engine.js';
import { MAX_FRAME_BYTES } from './judged-socket.js';
import type { UpgradeChecks } from './upgrade-checks.js';

/** Methods of requests that bring nothing: a client of long polling asks for what there is, and a browser whether it may ask. */
const BRINGS_NOTHING = new Set(['GET', 'OPTIONS']);

/** Decides over every request to Engine.IO before anything of it is read. */
export class EngineRequests {
  constructor(
    private readonly checks: UpgradeChecks,
    private readonly hub: Hub,
    private readonly intake: Intake,
  ) {}

  /**
   * @returns false where the client has gone meanwhile
   * @throws CoreError (or rejects with it) `forbidden` or `too_many_requests`
   */
  async admit(engine: CountedEngine, request: IncomingMessage): Promise<boolean> {
    // Engine.IO takes what is there already: so both of us read the same, such as of two parameters of one name.
    const query = queryOf(request.url);
    Object.assign<IncomingMessage, Partial<EngineRequest>>(request, { _query: query });
    const session = engine.session(query.sid);
    const isUpgrade = request.headers.upgrade !== undefined;
    if (session && !isUpgrade && BRINGS_NOTHING.has(request.method ?? '')) {
      this.checks.checkOrigin(request);
      return this.wait(Arrivals.of(session), request);
    }
    const address = await this.checks.checkRequest(request, 'general');
    // Preflights open nothing.
    if (!session && request.method !== 'OPTIONS') this.hub.checkRoom(address, null);
    await this.intake.admit(address, declaredLength(request, MAX_FRAME_BYTES));
    return !request.socket.destroyed;
  }

  /** A poll that comes too soon is answered a little later, with what has come by then. */
  private async wait(arrivals: Arrivals, request: IncomingMessage): Promise<boolean> {
    const ms = arrivals.poll();
    if (ms === null) throw new CoreError('too_many_requests');
    if (ms > 0) await sleep(ms);
    return !request.socket.destroyed;
  }
}
