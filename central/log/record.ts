import { hash } from 'node:crypto'
import { messageOf } from '../../shared/errors.ts'
import { EVENT_SCHEMA, type ChangeRecord, type NewChange } from '../model/events.ts'
import { damaged, foreign } from './log-errors.ts'
import { inPresentWords } from './older-words.ts'

/*
 * What every driver stores for a record: its payload (JSON of the change, without the version) and its
 * hash. The hashes are a chain, so that one of them names the whole history before it:
 *
 *   hash 0 = sha256(log id, its 32 characters as ASCII)
 *   hash n = sha256(+----------------+----------------------+------------------+)
 *                   | hash n-1       | version n            | payload          |
 *                   | 32 bytes       | 8 bytes, big endian  | UTF-8            |
 *                   +----------------+----------------------+------------------+
 */

const VERSION_OFFSET = 32
const PAYLOAD_OFFSET = 40

/** Reused for every record that fits: a fresh buffer each costs a third of the time of an open. */
const scratch = Buffer.alloc(64 * 1024)

/** Returns hash 0 of a log (hex). */
export function hashOfLog(logId: string): string {
  return hash('sha256', logId, 'hex')
}

/** Returns the hash (hex) of a record that follows the one with hash `previous`. */
export function hashOfRecord(previous: string, version: number, payload: string): string {
  // A UTF-16 unit becomes at most three bytes of UTF-8.
  const fits = PAYLOAD_OFFSET + payload.length * 3 <= scratch.length
  const buf = fits ? scratch : Buffer.allocUnsafe(PAYLOAD_OFFSET + Buffer.byteLength(payload))
  buf.write(previous, 0, 'hex')
  buf.writeUInt32BE(Math.floor(version / 2 ** 32), VERSION_OFFSET)
  buf.writeUInt32BE(version % 2 ** 32, VERSION_OFFSET + 4)
  const written = buf.write(payload, PAYLOAD_OFFSET, 'utf8')
  // Text, not bytes: as a hex string the digest costs a third of what a Buffer costs.
  return hash('sha256', buf.subarray(0, PAYLOAD_OFFSET + written), 'hex')
}

/** Returns the payload of a change: the same text for the same change, whatever else the object holds. */
export function encodeChange(change: NewChange): string {
  const { schema, atEpoch, actor, cause, events } = change
  return JSON.stringify({ schema, atEpoch, actor, cause, events })
}

/**
 * Returns the record of a payload whose hash was found right. Only the frame is checked: what the
 * events hold was checked before they were written. Throws MERIDIAN_LOG_FOREIGN when newer software
 * wrote it, MERIDIAN_LOG_DAMAGED when it is no change at all.
 */
export function decodeRecord(log: string, version: number, payload: string): ChangeRecord {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch (err) {
    throw damaged(log, version, `the record is not JSON: ${messageOf(err)}`, err)
  }
  if (typeof value !== 'object' || value === null || !('schema' in value)) {
    throw damaged(log, version, 'the record has no schema number')
  }
  if (typeof value.schema === 'number' && value.schema > EVENT_SCHEMA) {
    throw foreign(
      log,
      `version ${version} was written by a newer version of Meridian: ` +
        `its schema is ${value.schema}, this one reads up to ${EVENT_SCHEMA}`,
    )
  }
  if (!isChange(value)) throw damaged(log, version, 'the record is not a change')
  return { ...value, version, events: inPresentWords(value) }
}

/** Whether a value has the frame of a change; what its events hold is not looked at. */
export function isChange(value: object): value is NewChange {
  return (
    'schema' in value &&
    Number.isInteger(value.schema) &&
    'atEpoch' in value &&
    typeof value.atEpoch === 'number' &&
    'actor' in value &&
    typeof value.actor === 'string' &&
    'cause' in value &&
    typeof value.cause === 'string' &&
    'events' in value &&
    Array.isArray(value.events)
  )
}
