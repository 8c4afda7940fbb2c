import { z } from 'zod'
import { firstAtOrAfter } from './sorted-keys.ts'

/** One page of a list; `next` is the cursor of the page after it, absent on the last one. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string
}

/** What a page shows for a key: an item with its weight (parts it is made of), or nothing. */
export type PageEntry<T> = { readonly item: T; readonly weight: number } | undefined

/**
 * A cursor is the last key of a page, so a page is never shifted by writes: a key that comes before it
 * is not shown, one after it is, none twice. It is encoded so that nobody takes it for a key.
 */
const cursorSchema = z
  .string()
  .max(2_000)
  .meta({ description: 'Cursor: `next` of the page before' })
  .transform((text, ctx) => {
    const key = Buffer.from(text, 'base64url').toString('utf8')
    if (text !== '' && encodeCursor(key) === text) return key
    ctx.addIssue({
      code: 'custom',
      message: 'is not a cursor that a page gave as next',
      input: text,
    })
    return z.NEVER
  })

/** `limit` of a list. */
export const limitSchema = z.coerce
  .number()
  .int()
  .min(1)
  .max(1000)
  .default(100)
  .meta({ description: 'Items of a page at most' })

/** Query of every list that has pages. */
export const pageQuerySchema = z.strictObject({
  limit: limitSchema,
  after: cursorSchema.optional(),
})

/** A page of `item`. */
export function pageSchemaOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodOptional<z.ZodString> }, z.core.$strict> {
  return z.strictObject({
    items: z.array(item),
    next: z.string().optional().meta({ description: 'Give it as `after` to get the next page' }),
  })
}

/** A cursor for the keys after `key`. */
export function encodeCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url')
}

/**
 * Cuts a page out of sorted keys. A page ends early, with a cursor, when its items are heavy or when
 * too many keys had nothing to show, so that no request holds the process up.
 */
export function pageOf<T>(
  keys: readonly string[],
  query: { readonly limit: number; readonly after?: string | undefined },
  entryOf: (key: string) => PageEntry<T>,
): Page<T> {
  const items: T[] = []
  let weight = 0
  let last = query.after
  let at = last === undefined ? 0 : firstAtOrAfter(keys, last)
  if (keys[at] === last) at++
  const end = Math.min(keys.length, at + SCAN_MAX)
  for (; at < end; at++) {
    const key = keys[at] ?? ''
    const entry = entryOf(key)
    if (entry !== undefined) {
      const isFull =
        items.length === query.limit || (items.length > 0 && weight + entry.weight > WEIGHT_MAX)
      if (isFull) break
      items.push(entry.item)
      weight += entry.weight
    }
    last = key
  }
  return at < keys.length && last !== undefined ? { items, next: encodeCursor(last) } : { items }
}

/** Keys that are looked at for one page: about 25 ms. */
const SCAN_MAX = 50_000
/** Parts (an app is one and each of its endpoints another) in one page, unless one item has more. */
const WEIGHT_MAX = 20_000
