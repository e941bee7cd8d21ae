import type { FastifyReply } from 'fastify';
import { isStreamName, type StreamName } from '../../messages/config.ts';
import type { Complaint } from '../../messages/complaint.ts';
import type { Done, ManagedService } from '../../managed/managed-service.ts';
import type { ManagedRefusal } from '../../managed/refusal.ts';
import { must } from '../../lib/assert.ts';
import { validationError } from '../json/api-error.ts';
import { sendError, sendJson } from '../json/json-app.ts';
import { toApiError } from './refusal.ts';

/** What the routes of the storage API answer from. */
export interface StorageApi {
  readonly managed: ManagedService;
  readonly nowMs: () => number;
}

const SUCCESS = JSON.stringify({ message: 'success' });

/** The name that a path's schema has let through. */
export function nameOf(params: { readonly name: string }): StreamName {
  return must(isStreamName(params.name) ? params.name : undefined, 'the schema knows names');
}

export function sendDone(reply: FastifyReply, done: Done): FastifyReply {
  return done.kind === 'done' ? sendJson(reply, 200, SUCCESS) : sendRefusal(reply, done.refusal);
}

export function sendRefusal(reply: FastifyReply, refusal: ManagedRefusal): FastifyReply {
  return sendError(reply, toApiError(refusal));
}

export function sendComplaint(reply: FastifyReply, { field, reason }: Complaint): FastifyReply {
  return sendError(reply, validationError(field, reason));
}

export function sendAnswer(reply: FastifyReply, body: unknown): FastifyReply {
  return sendJson(reply, 200, JSON.stringify(body));
}
