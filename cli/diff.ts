import { z } from 'zod'
import { oneLine } from '../shared/config/mistakes.ts'

/** One line of what a change does, as central answers `POST /v1/changes`. */
export const diffEntrySchema = z.object({
  action: z.enum(['create', 'change', 'delete']),
  kind: z.string(),
  id: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
})

export type DiffEntry = Readonly<z.output<typeof diffEntrySchema>>

const signs = { create: '+', change: '~', delete: '-' } as const

/** Renders a diff: `+` created, `~` changed with the fields before and after, `-` deleted. */
export function renderDiff(entries: readonly DiffEntry[]): string {
  return entries.map((entry) => `${renderEntry(entry)}\n`).join('')
}

function renderEntry({ action, kind, id, before, after }: DiffEntry): string {
  const head = `${signs[action]} ${kind} ${id}`
  if (action !== 'change') return oneLine(head)
  const was = fieldsOf(before)
  const is = fieldsOf(after)
  const names = [...new Set([...was.keys(), ...is.keys()])]
  const changes = names
    .filter((name) => was.get(name) !== is.get(name))
    .map((name) => `${name}: ${was.get(name) ?? '(none)'} -> ${is.get(name) ?? '(none)'}`)
  return oneLine([head, ...changes].join('  '))
}

/** The fields of an object by their path, each as text that compares. */
function fieldsOf(value: unknown, prefix = ''): Map<string, string> {
  const fields = new Map<string, string>()
  if (typeof value !== 'object' || value === null) return fields
  for (const [name, inner] of Object.entries(value)) {
    // The version of an object changes with every change and says nothing.
    if (prefix === '' && name === 'version') continue
    const path = prefix === '' ? name : `${prefix}.${name}`
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      for (const [deep, text] of fieldsOf(inner, path)) fields.set(deep, text)
    } else {
      fields.set(path, show(inner))
    }
  }
  return fields
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  return typeof value === 'string' ? value : JSON.stringify(value)
}
