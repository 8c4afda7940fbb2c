import { z } from 'zod'
import { parseName } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import type { Prefix } from '../../shared/geo/prefix.ts'
import { LINE_MAX_CHARACTERS } from './lines.ts'
import { clientPrefix } from './network-table.ts'

/** One question of a log. */
export interface LoggedQuery {
  readonly client: Prefix
  /** The edge that was asked, where the line names one. */
  readonly edge: string | undefined
  readonly qname: Name
  /** Undefined for a type that no app is steered for. */
  readonly qtype: number | undefined
}

export type ParsedLine =
  | { readonly ok: true; readonly query: LoggedQuery }
  /** Half a sentence: "has 2 fields, …". */
  | { readonly ok: false; readonly reason: string }

const jsonLine = z.object({
  client: z.string(),
  edge: z.string().optional(),
  qname: z.string(),
  qtype: z.string(),
})

/**
 * Parses a line of a log: `client-ip [edge-id] qname qtype`, or JSON as an edge's own log of decisions
 * has it. Undefined for an empty line and for a comment, which begins with `#`.
 */
export function parseQueryLine(line: string): ParsedLine | undefined {
  if (line.length > LINE_MAX_CHARACTERS) {
    return refuse(`has more than ${LINE_MAX_CHARACTERS} characters`)
  }
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return undefined
  if (text.startsWith('{')) return parseJsonLine(text)
  const fields = text.split(/\s+/)
  if (fields.length !== 3 && fields.length !== 4) {
    return refuse(`has ${fields.length} fields, client-ip [edge-id] qname qtype is wanted`)
  }
  const [client = '', ...rest] = fields
  const [qname = '', qtype = ''] = rest.slice(-2)
  return parseFields(client, rest.length === 3 ? rest[0] : undefined, qname, qtype)
}

function parseJsonLine(text: string): ParsedLine {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('is not JSON, though it begins like it')
  }
  const parsed = jsonLine.safeParse(value)
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? ''
    return refuse(`has no good ${field}: client, qname and qtype are wanted, as text`)
  }
  const { client, edge, qname, qtype } = parsed.data
  return parseFields(client, edge, qname, qtype)
}

function parseFields(
  clientText: string,
  edge: string | undefined,
  qnameText: string,
  qtypeText: string,
): ParsedLine {
  const client = clientPrefix(clientText)
  if (client === undefined) {
    return refuse(`has the client ${shown(clientText)}, an address or a prefix is wanted`)
  }
  const name = parseName(qnameText)
  if (!name.ok) return refuse(`has the name ${shown(qnameText)}, which ${name.reason}`)
  if (!/^(?:[A-Za-z][A-Za-z0-9-]{0,15}|\d{1,5})$/.test(qtypeText)) {
    return refuse(`has the type ${shown(qtypeText)}, one such as A or AAAA is wanted`)
  }
  const qtype = steeredTypes.get(qtypeText.toUpperCase())
  return { ok: true, query: { client, edge, qname: name.name, qtype } }
}

/** RFC 3597 §5: a type can be written by its number. */
const steeredTypes: ReadonlyMap<string, number> = new Map([
  ['A', TYPE_A],
  ['1', TYPE_A],
  ['TYPE1', TYPE_A],
  ['AAAA', TYPE_AAAA],
  ['28', TYPE_AAAA],
  ['TYPE28', TYPE_AAAA],
])

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}

function refuse(reason: string): ParsedLine {
  return { ok: false, reason }
}
