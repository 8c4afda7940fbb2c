import { assertNever } from '../../shared/errors.ts'
import { runCommand } from '../../shared/run-command.ts'
import type { Ended } from '../../shared/run-command.ts'
import type { HealthOptions } from './options.ts'
import type { CheckOf, Probe, ProbeResult } from './probe.ts'
import { badBecause, unknownBecause } from './results.ts'

/**
 * Makes the probe that runs a command of the edge's config: exit code 0 is good, 1 is bad, all else says
 * nothing of the target. It is told the target in its environment: `MERIDIAN_APP`, `MERIDIAN_CLUSTER`,
 * `MERIDIAN_ADDRESS`, and `MERIDIAN_PORT`, which is empty when the endpoint has none.
 */
export function createCommandProbe(
  check: CheckOf<'command'>,
  commands: HealthOptions['commands'],
): Probe {
  const command = Object.hasOwn(commands, check.command) ? commands[check.command] : undefined
  return async (target, signal) => {
    if (command === undefined) {
      return unknownBecause(`health.commands of this edge has no ${check.command}`)
    }
    const variables = {
      MERIDIAN_APP: target.app,
      MERIDIAN_CLUSTER: target.cluster,
      MERIDIAN_ADDRESS: target.address,
      MERIDIAN_PORT: target.port === undefined ? '' : String(target.port),
    }
    return resultOf(await runCommand(command, { variables }, signal), check)
  }
}

function resultOf(ended: Ended, check: CheckOf<'command'>): ProbeResult {
  switch (ended.how) {
    case 'exit': {
      if (ended.code === 0) return { ok: true }
      const said = ended.stderr.trim()
      if (ended.code === 1) return badBecause(said === '' ? `${check.command} ended with 1` : said)
      return unknownBecause(`${check.command} ended with ${ended.code}: ${said}`)
    }
    case 'killed':
      return badBecause(`no end of ${check.command} within ${check.timeoutMs} ms`)
    case 'signal':
      return unknownBecause(`${check.command} was ended by ${ended.signal}`)
    case 'not-started':
      return unknownBecause(`${check.command} cannot be run: ${ended.reason}`)
    default:
      return assertNever(ended)
  }
}
