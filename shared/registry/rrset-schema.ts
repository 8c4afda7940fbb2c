import { z } from 'zod'
import { TTL_MAX, TYPE_SOA } from '../dns/codes.ts'
import { formatRdata, parseRdata, rdataKey } from '../records/rdata.ts'
import { formatRecordType, isMetaType, parseRecordType } from '../records/types.ts'
import { RRSET_MAX_BYTES, RRSET_RECORDS_MAX } from './limits.ts'
import { nameSchema } from './fields.ts'

/** Static records of a zone, as rrsets: those of one name and type, with one TTL (RFC 9499 §5). */

/** Octets of a record beside its rdata, where the owner is a pointer (RFC 1035 §3.2.1). */
const RECORD_FIXED_BYTES = 12
/** The longest text of one rdata. */
const RDATA_TEXT_MAX_CHARACTERS = 270_000

/** A type of records that a zone can have; becomes its mnemonic, or `TYPE123`. */
export const recordTypeSchema = z
  .string()
  .max(16)
  .meta({ description: 'Type of the records: a mnemonic or TYPE123 (RFC 3597)', example: 'MX' })
  .transform((text, ctx) => {
    const type = parseRecordType(text)
    if (type !== undefined && !isMetaType(type) && type !== TYPE_SOA) return formatRecordType(type)
    const message =
      type === TYPE_SOA
        ? 'is SOA, which is a field of the zone: put the zone'
        : type === undefined
          ? 'is not a type such as MX or TYPE65280'
          : 'is a type of questions, of which no zone has records'
    ctx.addIssue({ code: 'custom', message, input: text })
    return z.NEVER
  })

/** Seconds, as RFC 2181 §8 bounds them. */
const recordTtlSchema = z.int().min(0).max(TTL_MAX)

/** The fields of an rrset, each by itself. */
export const rrsetFieldsSchema = z.strictObject({
  name: nameSchema,
  type: recordTypeSchema,
  ttl: recordTtlSchema.meta({ description: 'Seconds that the records may be kept', example: 3600 }),
  rdata: z
    .array(z.string().max(RDATA_TEXT_MAX_CHARACTERS))
    .min(1)
    .max(RRSET_RECORDS_MAX)
    .meta({
      description: 'Data of each record as in a zone file, names absolute (RFC 1035 §5.1)',
      example: ['10 mail.example.'],
    }),
})

/** An rrset; its rdata becomes canonical text, in one order. */
export const rrsetSchema = rrsetFieldsSchema.transform((rrset, ctx) => {
  const { type } = rrset
  const rdata = canonicalRdata(type, rrset.rdata, (message, i) =>
    ctx.addIssue({
      code: 'custom',
      message,
      path: i === undefined ? ['rdata'] : ['rdata', i],
      input: i === undefined ? rrset.rdata.length : rrset.rdata[i],
    }),
  )
  return rdata === undefined ? z.NEVER : { ...rrset, rdata }
})

export type Rrset = Readonly<z.output<typeof rrsetSchema>>

/** What names an rrset. */
export type RrsetKey = Pick<Rrset, 'name' | 'type'>

/**
 * The texts of rdata in canonical form and order, as an rrset is a set (RFC 2181 §5). `wrong` hears what is
 * wrong, and with which of them; then the result is undefined.
 */
function canonicalRdata(
  mnemonic: string,
  texts: readonly string[],
  wrong: (message: string, i?: number) => void,
): readonly string[] | undefined {
  const type = parseRecordType(mnemonic) ?? 0
  const canonical: string[] = []
  const keys = new Set<string>()
  let bytes = 0
  let isGood = true
  texts.forEach((text, i) => {
    const read = parseRdata(type, text)
    if (!read.ok) {
      const { found, wanted, column } = read.fault
      wrong(`column ${column}: ${JSON.stringify(found)} ${wanted}`, i)
      isGood = false
      return
    }
    const key = texts.length === 1 ? '' : rdataKey(type, read.rdata)
    if (keys.has(key)) {
      // RFC 2181 §5: "It is meaningless for two records to ever have label, class, type and data all equal"
      wrong('is there twice', i)
      isGood = false
    }
    keys.add(key)
    bytes += RECORD_FIXED_BYTES + read.rdata.length
    canonical.push(formatRdata(type, read.rdata))
  })
  if (bytes > RRSET_MAX_BYTES) {
    wrong(`are ${bytes} octets of records, at most ${RRSET_MAX_BYTES} fit in an answer`)
    isGood = false
  }
  // A copy: a list that was appended to has room for sixteen more, a million times over.
  return isGood ? canonical.toSorted() : undefined
}
