import { connect } from 'node:net'
import type { Clock } from '../../shared/clock.ts'
import { runAttempt } from '../health/attempt.ts'
import type { ProbeResult } from '../health/probe.ts'
import { codeOf } from '../health/results.ts'

/** Where a handshake is tried. */
export interface HandshakeTarget {
  readonly address: string
  readonly port: number
}

/** How long a handshake took, or why there was none; `unknown`: for a reason that lies with this edge. */
export type HandshakeResult =
  { readonly ok: true; readonly ms: number } | Exclude<ProbeResult, { readonly ok: true }>

/** Tries a handshake once. Never rejects, and settles at once when the signal aborts. */
export type Handshake = (target: HandshakeTarget, signal: AbortSignal) => Promise<HandshakeResult>

/** Makes what measures TCP handshakes: from SYN to what comes back, which is SYN-ACK or RST. */
export function createHandshake(clock: Clock, timeoutMs: number): Handshake {
  return async ({ address, port }, signal) => {
    let ms = 0
    const result = await runAttempt(signal, timeoutMs, (attempt) => {
      let begunAt = clock.nowMs()
      const settle = (): void => {
        ms = clock.nowMs() - begunAt
        attempt.settle({ ok: true })
      }
      const socket = connect({ host: address, port })
      // The system call is made in a later turn, after whatever else this one still does.
      socket.once('connectionAttempt', () => {
        begunAt = clock.nowMs()
      })
      socket.once('connect', settle)
      socket.on('error', (err) => {
        // RFC 9293 §3.5.2: "If the connection does not exist (CLOSED), then a reset is sent in
        // response to any incoming segment except another reset." So it has been there and back.
        if (codeOf(err) === 'ECONNREFUSED') settle()
        else attempt.fail(err)
      })
      // Closed in good order, as by the TCP probe.
      return () => socket.destroy()
    })
    return result.ok === true ? { ok: true, ms } : result
  }
}
