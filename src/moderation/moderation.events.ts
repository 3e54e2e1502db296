import type { EventDocs } from '../realtime/events.js';
import { ACTIONS } from './report.js';

/** What connections of superusers learn of the queue. */
export const MODERATION_EVENTS: readonly EventDocs[] = [
  {
    name: 'moderation.reported',
    summary: 'There is a new report. Superusers receive it.',
    data: { type: 'object', properties: { report_id: { type: 'integer' } }, required: ['report_id'] },
    example: { report_id: 12 },
  },
  {
    name: 'moderation.resolved',
    summary: 'A superuser has closed a report. Superusers receive it.',
    data: {
      type: 'object',
      properties: { report_id: { type: 'integer' }, action: { type: 'string', enum: ACTIONS } },
      required: ['report_id', 'action'],
    },
    example: { report_id: 12, action: 'delete' },
  },
];
