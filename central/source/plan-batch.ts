import type { Name } from '../../shared/dns/name.ts'
import type { WantedChange } from './form.ts'
import type { Command } from '../model/decide.ts'
import { decide } from '../model/decide.ts'
import type { Rejection } from '../model/decision.ts'
import type { SourcePosition } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { rrsetAt, zoneOfRrset } from '../model/records.ts'
import { positionOf } from '../model/sources.ts'
import type { RegistryState } from '../model/state.ts'
import { draftOf } from '../model/state.ts'
import { cut } from './form.ts'

/** What became of a message: a change, nothing as all was so already, none of the zones, or a dead letter. */
export const messageResults = ['applied', 'unchanged', 'elsewhere', 'refused'] as const

export type MessageResult = (typeof messageResults)[number]

/** A message that was read. */
export interface TakenMessage {
  readonly offset: number
  /** For people. */
  readonly key: string
  readonly wanted: WantedChange
}

/** Messages of one partition that follow each other, to become one change. */
export interface Batch {
  /** The position behind them. */
  readonly position: SourcePosition
  /** The position before them; undefined where none was taken yet. */
  readonly from: number | undefined
  readonly messages: readonly TakenMessage[]
  /** When they were read, wall clock, ms since 1970. */
  readonly atEpoch: number
}

/** How a source puts its messages into the state. */
export interface BatchRules {
  /** Apexes of the zones that it feeds. */
  readonly zones: ReadonlySet<Name>
  /** A CNAME takes the place of what `replacedByCname` lists. */
  readonly cnameReplaces: boolean
}

/** A batch, decided on a state. */
export interface PlannedBatch {
  /** None of them breaks a rule of the registry. */
  readonly commands: readonly Command[]
  readonly results: Readonly<Record<MessageResult, number>>
  /** Why messages were refused, one for each. */
  readonly reasons: readonly string[]
  /** The state has another position than the batch begins at: somebody else has taken these messages. */
  readonly hasMoved: boolean
}

/** What stream-dns deletes of a name when a CNAME record comes. */
const replacedByCname = ['A', 'AAAA', 'TXT', 'PTR', 'MX']

/**
 * Says which commands a batch amounts to, given the state that they will be decided on: what a message wants
 * if no rule is broken, else that it was refused, and the position behind them all. Pure.
 */
export function planBatch(state: RegistryState, batch: Batch, rules: BatchRules): PlannedBatch {
  const results = { applied: 0, unchanged: 0, elsewhere: 0, refused: 0 }
  const { position, from, messages, atEpoch } = batch
  if (positionOf(state, position) !== from) {
    return { commands: [], results, reasons: [], hasMoved: true }
  }
  const draft = draftOf(state)
  const commands: Command[] = []
  const reasons: string[] = []
  for (const message of messages) {
    const planned = planMessage(draft, message.wanted, rules)
    results[planned.result]++
    commands.push(...planned.commands)
    if (planned.result !== 'refused') continue
    const { source, topic, partition } = position
    const { offset, key } = message
    const { reason, detail } = planned
    const refused = { source, topic, partition, offset, key, reason, detail, atEpoch }
    commands.push({ type: 'refuse-message', message: refused })
    reasons.push(reason)
  }
  commands.push({ type: 'move-source', position, from })
  return { commands, results, reasons, hasMoved: false }
}

type PlannedMessage =
  | {
      readonly result: Exclude<MessageResult, 'refused'>
      readonly commands: readonly Command[]
    }
  | {
      readonly result: 'refused'
      readonly commands: readonly Command[]
      readonly reason: string
      readonly detail: string
    }

/** Decides a message on the draft, which then has what came of it. */
function planMessage(
  draft: RegistryState,
  wanted: WantedChange,
  rules: BatchRules,
): PlannedMessage {
  if (wanted.kind === 'elsewhere') return { result: 'elsewhere', commands: [] }
  if (wanted.kind === 'bad') {
    return { result: 'refused', commands: [], reason: wanted.reason, detail: wanted.detail }
  }
  const { name, type } = wanted.kind === 'put' ? wanted.rrset : wanted
  const apex = zoneOfRrset(draft, name, type)?.value.apex
  // A zone below one of the source's own may be fed by others.
  if (apex !== undefined && !rules.zones.has(apex)) return { result: 'elsewhere', commands: [] }
  if (wanted.kind === 'delete') {
    if (rrsetAt(draft, name, type) === undefined) return { result: 'unchanged', commands: [] }
    return planCommands(draft, [{ type: 'delete-rrset', name, rrtype: type }])
  }
  const put: Command = { type: 'put-rrset', rrset: wanted.rrset }
  const planned = planCommands(draft, [put])
  if (planned.result !== 'refused' || type !== 'CNAME' || !rules.cnameReplaces) return planned
  if (planned.reason !== 'cname-and-other-data') return planned
  const deletes = replacedByCname
    .filter((rrtype) => rrsetAt(draft, name, rrtype) !== undefined)
    .map((rrtype): Command => ({ type: 'delete-rrset', name, rrtype }))
  return planCommands(draft, [...deletes, put])
}

/** Decides commands one after the other, all or none of them. */
function planCommands(draft: RegistryState, commands: readonly Command[]): PlannedMessage {
  const trial = commands.length === 1 ? draft : draftOf(draft)
  const decided: Command[] = []
  for (const command of commands) {
    const decision = decide(trial, command)
    if (!decision.ok) return refusedBy(decision.rejection)
    if (decision.events.length === 0) continue
    // The version is that of a change to come, and nothing here goes by it.
    evolve(trial, { version: 0, events: decision.events })
    decided.push(command)
  }
  if (trial !== draft) return planAgain(draft, decided)
  return { result: decided.length > 0 ? 'applied' : 'unchanged', commands: decided }
}

/** Brings commands that hold together into the draft. */
function planAgain(draft: RegistryState, commands: readonly Command[]): PlannedMessage {
  for (const command of commands) {
    const decision = decide(draft, command)
    if (decision.ok) evolve(draft, { version: 0, events: decision.events })
  }
  return { result: 'applied', commands }
}

function refusedBy({ code, detail }: Rejection): PlannedMessage {
  return { result: 'refused', commands: [], reason: code, detail: cut(detail) }
}
