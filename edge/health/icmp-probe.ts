import { isIP } from 'node:net'
import { assertNever } from '../../shared/errors.ts'
import { runCommand } from '../../shared/run-command.ts'
import type { Ended } from '../../shared/run-command.ts'
import type { CheckOf, Probe, ProbeResult } from './probe.ts'
import { badBecause, unknownBecause } from './results.ts'

/**
 * Makes the probe that is good when an address answers an echo request, by the `ping` of the system: it has
 * the right to raw sockets that an edge should not have. Where there is none, the result is unknown.
 */
export function createIcmpProbe(check: CheckOf<'icmp'>, program = 'ping'): Probe {
  const seconds = Math.ceil(check.timeoutMs / 1_000)
  const args = ['-n', '-q', '-c', '1', '-W', String(seconds)]
  return async (target, signal) => {
    // What is no address might be read as an option.
    if (isIP(target.address) === 0) return unknownBecause(`${target.address} is no IP address`)
    const command = [program, ...args, target.address]
    const ended = await runCommand(command, { variables: { LC_ALL: 'C' } }, signal)
    return resultOf(ended, check.timeoutMs)
  }
}

function resultOf(ended: Ended, timeoutMs: number): ProbeResult {
  switch (ended.how) {
    case 'exit':
      if (ended.code === 0) return { ok: true }
      // 1 without a word: nothing came back. A ping that complains has not tried.
      return ended.code === 1 && ended.stderr.trim() === ''
        ? badBecause('no echo reply')
        : unknownBecause(`ping ended with ${ended.code}: ${ended.stderr}`)
    case 'killed':
      return badBecause(`no echo reply within ${timeoutMs} ms`)
    case 'signal':
      return unknownBecause(`ping was ended by ${ended.signal}`)
    case 'not-started':
      return unknownBecause(`ping cannot be run: ${ended.reason}`)
    default:
      return assertNever(ended)
  }
}
