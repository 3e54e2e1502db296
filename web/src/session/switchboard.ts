import { SERVER } from './base';
import { Switchboard } from '../../../clients/typescript/src/index.js';

/** The one client of this page. The access token stays in its memory; a cookie that no script can read renews it. */
export const switchboard = new Switchboard({ refresh: 'cookie', baseUrl: SERVER });
