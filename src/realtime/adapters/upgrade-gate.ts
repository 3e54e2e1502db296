import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type MatchFunction, match } from 'path-to-regexp';
import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { bearerOf } from '../../http/bearer.js';
import { ErrorFormats } from '../../http/error-formats.js';
import { type SocketEndpoint, SocketEndpoints } from '../endpoints.js';
import { FaultLog } from '../../errors/fault-log.js';
import { type Admission, RawServer } from './raw-server.js';
import { refuseUpgrade } from './refuse.js';
import { type Found, type Params, UpgradeChecks } from './upgrade-checks.js';

/** Upgrades that may be looked at at once, and for how long one may take: neither memory nor sockets are tied up by those who only knock. */
const MAX_PENDING = 512;
const MAX_PENDING_MS = 5_000;

interface Route {
  readonly endpoint: SocketEndpoint;
  readonly matches: MatchFunction<Params>;
  readonly isLiteral: boolean;
}
