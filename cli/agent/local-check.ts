import { request } from 'node:http'
import { connect } from 'node:net'
import { messageOf } from '../../shared/errors.ts'

/** What one look at the local service found. */
export interface CheckResult {
  readonly ok: boolean
  /** The status, or what went wrong. */
  readonly detail: string
}

/** Looks once at the local service. Never rejects. */
export type LocalCheck = (signal: AbortSignal) => Promise<CheckResult>

/** A service that has not answered by then does not work. */
const TIMEOUT_MS = 2_000
const HOST = '127.0.0.1'

/**
 * Creates the check of a port of this machine: `tcp` for a connection, `http` or `http:PATH` for a status
 * from 200 to 399.
 */
export function createLocalCheck(check: string, port: number, timeoutMs = TIMEOUT_MS): LocalCheck {
  const path = check.startsWith('http:') ? check.slice('http:'.length) : '/'
  const look = check === 'tcp' ? lookTcp : (at: number, cut: AbortSignal) => lookHttp(at, path, cut)
  return async (signal) => {
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      return await look(port, AbortSignal.any([signal, timeout]))
    } catch (err) {
      const detail = timeout.aborted ? `no answer within ${timeoutMs} ms` : messageOf(err)
      return { ok: false, detail }
    }
  }
}

function lookTcp(port: number, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, signal })
    socket.once('connect', () => {
      socket.destroy()
      resolve({ ok: true, detail: 'connected' })
    })
    socket.once('error', reject)
  })
}

function lookHttp(port: number, path: string, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve, reject) => {
    // No connection is kept: the one of a service that was replaced would still be answered by it.
    const asked = request({ host: HOST, port, path, signal, agent: false }, (response) => {
      const { statusCode = 0 } = response
      resolve({ ok: statusCode >= 200 && statusCode < 400, detail: String(statusCode) })
      asked.destroy()
    })
    asked.once('error', reject)
    asked.end()
  })
}
