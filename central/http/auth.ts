import { hash } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import type { HttpOptions } from './options.ts'
import { problemOfStatus, sendProblem } from './problem.ts'

/** Who a token belongs to, or why there is no answer to that. */
type Identity =
  | { readonly ok: true; readonly actor: string }
  | { readonly ok: false; readonly challenge: string; readonly detail: string }

/** Says who sent a request, given its Authorization header. */
export type Identify = (authorization: string | undefined) => Identity

/** Creates the check of bearer tokens (RFC 6750 §2.1). Keeps hashes of the tokens only. */
export function createIdentify(tokens: HttpOptions['tokens']): Identify {
  const actors = new Map<string, string>()
  for (const { name, token } of tokens) {
    const key = hashOf(Buffer.from(token, 'utf8'))
    if (!actors.has(key)) actors.set(key, name)
  }
  return (authorization) => {
    // RFC 9110 §11.1: the name of the scheme is case-insensitive.
    const credentials = /^bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1]
    if (credentials === undefined) {
      // RFC 6750 §3.1: no error code when the request lacks any authentication information.
      const detail = 'a write needs the header Authorization: Bearer TOKEN'
      return { ok: false, challenge: CHALLENGE, detail }
    }
    // Node gives the octets of a header as latin1.
    // What a look-up by the hash takes tells nothing of how near the token came.
    const actor = actors.get(hashOf(Buffer.from(credentials, 'latin1')))
    if (actor !== undefined) return { ok: true, actor }
    const challenge = `${CHALLENGE}, error="invalid_token", error_description="unknown token"`
    return { ok: false, challenge, detail: 'the bearer token is not one that central knows' }
  }
}

/** Creates the hook that lets only known tokens pass, before the body is read. */
export function createRequireToken(identify: Identify): onRequestHookHandler {
  return (request, reply, done) => {
    const identity = identify(request.headers.authorization)
    if (identity.ok) {
      request.actor = identity.actor
      done()
      return
    }
    // RFC 9110 §15.5.2: a 401 must carry WWW-Authenticate.
    void reply.header('www-authenticate', identity.challenge)
    sendProblem(reply, problemOfStatus(401, identity.detail))
  }
}

const CHALLENGE = 'Bearer realm="meridian"'

function hashOf(secret: Buffer): string {
  // In one call: a Hash object and its digest in a Buffer take five times as long.
  return hash('sha256', secret, 'hex')
}
