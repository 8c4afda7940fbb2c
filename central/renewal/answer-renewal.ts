import type { Logger } from '../../shared/log.ts'
import type { DatagramResult, RenewalDatagram } from '../../shared/renewal/datagram.ts'
import { createAnswer, isGenuine, readRenewal } from '../../shared/renewal/datagram.ts'
import type { LoadKeeper } from '../load/keeper.ts'
import type { MachineKeeper } from '../machines/keeper.ts'
import { bareAddress } from '../machines/remote-address.ts'
import type { RenewalKey, RenewalKeys } from './keys.ts'

/**
 * What becomes of a datagram: the two that are answered; `malformed`: it is no renewal; `unknown`: there is
 * no key of its handle; `old`: not above the last sequence, whose MAC is not looked at; `forged`: a MAC that
 * is not of the key; `failed`: a fault of central.
 */
export const renewalOutcomes = [
  'renewed',
  'register',
  'malformed',
  'unknown',
  'old',
  'forged',
  'failed',
] as const

/** How many there were of each. */
export type RenewalCounts = Record<(typeof renewalOutcomes)[number], number>

/** Answers a datagram; undefined where it is dropped. `sender`: its address, asked for where it matters. */
export type AnswerRenewal = (wire: Buffer, sender: () => string) => Buffer | undefined

/** What renewals are taken by. */
export interface AnswerParts {
  readonly keys: Pick<RenewalKeys, 'find' | 'forget'>
  readonly machines: Pick<MachineKeeper, 'renew'>
  readonly loads: Pick<LoadKeeper, 'report'>
  readonly logger: Logger
}

/**
 * Creates what answers the datagrams of machines. Only what is genuine and newer than all before is answered,
 * so nobody without a secret gets an answer. Never throws: a fault is logged, once, and its machine, which is
 * not answered, renews over REST.
 */
export function createAnswerRenewal(parts: AnswerParts): {
  readonly answer: AnswerRenewal
  readonly counts: Readonly<RenewalCounts>
} {
  const { keys, machines, loads, logger } = parts
  const counts: RenewalCounts = {
    renewed: 0,
    register: 0,
    malformed: 0,
    unknown: 0,
    old: 0,
    forged: 0,
    failed: 0,
  }

  const answer: AnswerRenewal = (wire, sender) => {
    const renewal = readRenewal(wire)
    if (renewal === undefined) return drop('malformed')
    const { handle, sequence } = renewal
    const key = keys.find(handle)
    if (key === undefined) return drop('unknown')
    // Before the MAC, which is the dearest part: what is repeated costs little.
    if (sequence <= key.sequence) return drop('old')
    if (!isGenuine(wire, key.secret)) return drop('forged')
    key.sequence = sequence
    const result = renew(key, renewal, sender)
    counts[result]++
    if (result === 'register') keys.forget(handle)
    return createAnswer({ handle, sequence, result }, key.secret)
  }

  const renew = (
    { at, as }: RenewalKey,
    { load }: RenewalDatagram,
    sender: () => string,
  ): DatagramResult => {
    const address = as.address === undefined ? undefined : bareAddress(sender())
    if (machines.renew(at, { version: as.version, address }) !== 'renewed') return 'register'
    if (load !== undefined) loads.report({ ...at, load })
    return 'renewed'
  }

  const drop = (why: keyof RenewalCounts): undefined => {
    counts[why]++
    return undefined
  }

  return {
    counts,
    answer: (wire, sender) => {
      try {
        return answer(wire, sender)
      } catch (err) {
        if (counts.failed === 0) logger.error({ err }, 'renewal by datagram failed')
        return drop('failed')
      }
    },
  }
}
