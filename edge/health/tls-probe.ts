import type { Clock } from '../../shared/clock.ts'
import { runAttempt } from './attempt.ts'
import { TLS_PORT, portOf } from './ports.ts'
import type { CheckOf, Probe } from './probe.ts'
import { badBecause, goodWith } from './results.ts'
import { openTls, warningOf } from './tls-connection.ts'

/** Makes the probe that is good when a TLS handshake succeeds. */
export function createTlsProbe(check: CheckOf<'tls'>, clock: Clock): Probe {
  return (target, signal) =>
    runAttempt(signal, check.timeoutMs, (attempt) => {
      const socket = openTls(target, portOf(check, target, TLS_PORT), check, [])
      socket.once('connect', () => attempt.waitFor('end of the TLS handshake'))
      let isSecure = false
      socket.once('secureConnect', () => {
        isSecure = true
        attempt.guard(() => attempt.settle(goodWith(warningOf(socket, check, clock))))
      })
      socket.on('error', attempt.fail)
      socket.once('close', () => attempt.settle(badBecause('connection closed')))
      return () => {
        // Our end of the handshake may not have been sent yet: without it some servers wait for it, for
        // minutes. So it goes out first; a connection that is not as far is cut off.
        if (isSecure) socket.destroySoon()
        else socket.destroy()
      }
    })
}
