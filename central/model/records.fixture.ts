import { rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import type { Rrset } from '../../shared/registry/rrset-schema.ts'
import { appSchema, zoneSchema } from '../../shared/registry/schema.ts'
import type { Command } from './decide.ts'
import { decide } from './decide.ts'
import type { RegistryEvent } from './events.ts'
import { evolve } from './evolve.ts'
import { emptyState } from './state.ts'
import type { RegistryState } from './state.ts'

/** An rrset out of one line of a zone file without TTL and class; more records of it behind. */
export function rrset(line: string, ...more: readonly string[]): Rrset {
  const [, name, type, rdata] = /^(\S+) (\S+) (.*)$/.exec(line) ?? []
  return rrsetSchema.parse({ name, type, ttl: 60, rdata: [rdata, ...more] })
}

export function putRecords(line: string, ...more: readonly string[]): Command {
  return { type: 'put-rrset', rrset: rrset(line, ...more) }
}

export function putZone(apex: string): Command {
  return { type: 'put-zone', zone: zoneSchema.parse({ apex, ns: ['ns.test'] }) }
}

export function putApp(name: string): Command {
  return { type: 'put-app', app: appSchema.parse({ name }) }
}

export function deleteRecords(line: string): Command {
  const [name = '', rrtype = ''] = line.split(' ')
  return { type: 'delete-rrset', name, rrtype }
}

/** A state to which commands are done one by one, each a change of its own. */
export class TestZone {
  readonly state: RegistryState = emptyState()
  version = 0

  constructor(...commands: readonly Command[]) {
    for (const command of commands) {
      const said = this.put(command)
      if (typeof said === 'string') throw new Error(said)
    }
  }

  /** Decides and folds a command; the events, or `code: detail` of the rule that it breaks. */
  put(command: Command): readonly RegistryEvent[] | string {
    const decision = decide(this.state, command)
    if (!decision.ok) return `${decision.rejection.code}: ${decision.rejection.detail}`
    if (decision.events.length > 0) evolve(this.state, { version: ++this.version, ...decision })
    return decision.events
  }
}
