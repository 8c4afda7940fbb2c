import { parsePolicy } from '../../shared/registry/policy-schema.ts'

/** Texts that were found good and are remembered: apps share a few policies. */
const KNOWN_MAX = 1_000

const known = new Set<string>()

/** Says what is wrong with the text of a policy; undefined when nothing is. */
export function wrongPolicy(text: string): string | undefined {
  if (known.has(text)) return undefined
  const parsed = parsePolicy(text)
  if (!parsed.ok) return parsed.reason
  if (known.size >= KNOWN_MAX) known.clear()
  known.add(text)
  return undefined
}

/** Whether a value is the text of a policy. */
export function isPolicyText(value: unknown): value is string {
  return typeof value === 'string' && wrongPolicy(value) === undefined
}
