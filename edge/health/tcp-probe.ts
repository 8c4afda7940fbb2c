import { connect } from 'node:net'
import { runAttempt } from './attempt.ts'
import type { CheckOf, Probe } from './probe.ts'
import { unknownBecause } from './results.ts'

/** Makes the probe that is good when a TCP connection comes about. */
export function createTcpProbe(check: CheckOf<'tcp'>): Probe {
  return (target, signal) => {
    const port = check.port ?? target.port
    if (port === undefined) {
      const detail = 'no port: neither the check nor the endpoint names one'
      return Promise.resolve(unknownBecause(detail))
    }
    return runAttempt(signal, check.timeoutMs, (attempt) => {
      const socket = connect({ host: target.address, port })
      socket.once('connect', () => attempt.settle({ ok: true }))
      socket.on('error', attempt.fail)
      // Closed in good order: a reset would be cheaper, and is an error to many a server.
      return () => socket.destroy()
    })
  }
}
