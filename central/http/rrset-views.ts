import { z } from 'zod'
import { rrsetFieldsSchema } from '../../shared/registry/rrset-schema.ts'
import type { StoredRrset } from '../model/records.ts'

/** Static records as they are shown; the schemas describe text that is canonical already. */

const nameText = z.string().meta({ description: 'Canonical domain name', example: 'www.example.' })
const typeText = z.string().meta({ description: 'Mnemonic, or TYPE123 (RFC 3597)', example: 'MX' })

const rrsetValueSchema = rrsetFieldsSchema.extend({ name: nameText, type: typeText })

/** An rrset. */
export const rrsetViewSchema = rrsetValueSchema
  .extend({
    version: z.int().min(0).meta({ description: 'The change that last touched the rrset' }),
  })
  .meta({ id: 'Rrset' })

/** What `viewRrset` makes. */
export type RrsetView = z.output<typeof rrsetViewSchema>

/** Shows an rrset. */
export function viewRrset({ value, version }: StoredRrset): RrsetView {
  return { ...value, rdata: [...value.rdata], version }
}

/** Events of static records. */
export const rrsetEventSchemas = [
  z.strictObject({ type: z.literal('rrset-put'), rrset: rrsetValueSchema }),
  z.strictObject({ type: z.literal('rrset-deleted'), name: nameText, rrtype: typeText }),
] as const
