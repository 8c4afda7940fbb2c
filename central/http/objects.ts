import { isDeepStrictEqual } from 'node:util'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Endpoint } from '../../shared/registry/schema.ts'
import type { Command } from '../model/decide.ts'
import type { Precondition } from '../model/rules.ts'
import type { RegistryState, Stored, StoredEndpoint } from '../model/state.ts'
import type { HttpContext } from './context.ts'
import { evaluateRead, formatEtag, parseConditions, preconditionOf } from './etag.ts'
import { problemOfRejection, problemOfStatus, sendProblem } from './problem.ts'
import type { WaitQuery } from './wait.ts'

/** What the routes of one object have in common: reading it, writing it, and the headers of both. */

/** The answer to a GET of an object. `isFresh` is false when more than the version may have changed. */
export function sendObject(
  context: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  object: { readonly version: number; readonly view: object; readonly isFresh?: boolean },
): FastifyReply {
  const parsed = parseConditions(request.headers)
  if (!parsed.ok) return sendProblem(reply, problemOfStatus(400, parsed.reason))
  void reply.header('etag', formatEtag(object.version))
  void setVersion(reply, context.registry.version)
  const verdict = evaluateRead(parsed.conditions, object.version)
  if (verdict === 'failed') {
    const detail = `the object is at version ${object.version}, If-Match wants another`
    return sendProblem(reply, problemOfStatus(412, detail))
  }
  if (verdict === 'not-modified' && object.isFresh !== false) return reply.code(304).send()
  return reply.code(200).send(object.view)
}

/** A write of one object. */
export interface ObjectWrite<T> {
  /** What is there before the write; asked on the state that the write is decided on. */
  readonly look: (state: RegistryState) => T
  readonly versionOf: (before: T) => number | undefined
  readonly plan: (
    state: RegistryState,
    precondition: Precondition | undefined,
  ) => readonly Command[]
  /** Whether it can take away much, and nobody has confirmed that. */
  readonly isGuarded?: boolean
  /** What is there after it; undefined when it was a delete. */
  readonly after: (
    before: T,
    version: number,
  ) => { readonly version: number; readonly view: object } | undefined
}

/**
 * Does a write and answers it. The answer is made of what the change was decided on and not of the
 * state afterwards: another write may have come between.
 */
export async function answerWrite<T>(
  context: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  query: WaitQuery,
  write: ObjectWrite<T>,
): Promise<FastifyReply> {
  const parsed = parseConditions(request.headers)
  if (!parsed.ok) return sendProblem(reply, problemOfStatus(400, parsed.reason))
  const { conditions } = parsed
  let seen: { readonly before: T } | undefined
  const result = await context.registry.submit({
    plan: (state) => {
      const before = write.look(state)
      seen = { before }
      return write.plan(state, preconditionOf(conditions, write.versionOf(before)))
    },
    actor: request.actor,
    cause: request.id,
    isGuarded: write.isGuarded ?? false,
  })
  if (!result.ok) return sendProblem(reply, problemOfRejection(result.rejection))
  if (seen === undefined) throw new TypeError('the registry accepted a change that it did not plan')
  const after = write.after(seen.before, result.version)
  if (after !== undefined) void reply.header('etag', formatEtag(after.version))
  const isNew = write.versionOf(seen.before) === undefined
  const status = after === undefined ? 204 : isNew ? 201 : 200
  return sendWritten(context, reply, query, { status, version: result.version, body: after?.view })
}

/** Answers a write that central has, when the edges have it too, if that was asked for. */
export async function sendWritten(
  context: HttpContext,
  reply: FastifyReply,
  query: WaitQuery,
  written: { readonly status: number; readonly version: number; readonly body: object | undefined },
): Promise<FastifyReply> {
  let { status } = written
  void setVersion(reply, written.version)
  if (query.wait === 'edges') {
    const { served, edges } = await context.waits.forVersion(written.version, query.waitSeconds)
    void reply.header('meridian-edges', `${served}/${edges}`)
    // RFC 9110 §15.3.3: 202 says that the processing has not been completed.
    if (served < edges) status = 202
  }
  return reply.code(status).send(written.body)
}

/** Says with which version of central's state an answer was made. */
export function setVersion(reply: FastifyReply, version: number): FastifyReply {
  return reply.header('meridian-version', String(version))
}

/** What is stored after a put: as it was when the value is the same, else at the new version. */
export function storedAfter<T>(
  before: Stored<T> | undefined,
  value: T,
  version: number,
): Stored<T> {
  return before !== undefined && isDeepStrictEqual(before.value, value)
    ? before
    : { value, version }
}

/** As `storedAfter`, of an endpoint: putting one that machines have made takes it over, a change. */
export function endpointAfter(
  before: StoredEndpoint | undefined,
  value: Endpoint,
  version: number,
): StoredEndpoint {
  return storedAfter(before?.isForMachines === true ? undefined : before, value, version)
}

/** Spreads into a command. */
export function ifOf(precondition: Precondition | undefined): { readonly if?: Precondition } {
  return precondition === undefined ? {} : { if: precondition }
}

/** Parses a body, put together with the key of its path; throws what becomes a 422. */
export function parseBody<T extends z.ZodType>(schema: T, body: z.input<T>): z.output<T> {
  return schema.parse(body, { reportInput: true })
}

/** Throws, as a bad body does, when a body has a key other than the one of the path. */
export function refuseOtherKey(field: string, inBody: string | undefined, inPath: string): void {
  if (inBody === undefined || inBody === inPath) return
  const message = `is not ${inPath}, which the path names`
  throw new z.ZodError([{ code: 'custom', path: [field], message, input: inBody }])
}

/** Answers 404. */
export function notFound(reply: FastifyReply, detail: string): FastifyReply {
  return sendProblem(reply, problemOfStatus(404, detail))
}
