import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Target } from '../support/dns-client.ts'
import { requireTool } from './tools.ts'

/** What dig or kdig has printed of an answer. */
export interface Printed {
  readonly opcode: string
  readonly status: string
  readonly flags: string
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  /** The lines about OPT. */
  readonly edns: readonly string[]
  /** What the tool complains of, without that recursion is not available. */
  readonly warnings: readonly string[]
  readonly text: string
}

const TIMEOUT_MS = 10_000
const run = promisify(execFile)

/** Asks by BIND's dig. Rejects when it fails, as it does when no answer comes. */
export async function dig(target: Target, ...args: readonly string[]): Promise<Printed> {
  return parse(await ask('dig', 'bind9-dnsutils', target, args))
}

/** Asks by Knot's kdig. Rejects when it fails. */
export async function kdig(target: Target, ...args: readonly string[]): Promise<Printed> {
  return parse(await ask('kdig', 'knot-dnsutils', target, args))
}

/** Asks by kdig for the answer as JSON (RFC 8427). */
export async function kdigJson(target: Target, ...args: readonly string[]): Promise<unknown> {
  return JSON.parse(await ask('kdig', 'knot-dnsutils', target, [...args, '+json']))
}

async function ask(
  tool: string,
  debianPackage: string,
  { address, port }: Target,
  args: readonly string[],
): Promise<string> {
  const server = [`@${address}`, '-p', String(port), '+timeout=3', '+retry=0']
  const all = [...server, ...args]
  const { stdout } = await run(requireTool(tool, debianPackage), all, { timeout: TIMEOUT_MS })
  return stdout
}

function parse(text: string): Printed {
  const [, opcode = '', status = ''] = /opcode: (\w+)[,;] status: (\w+)/.exec(text) ?? []
  const [, flags = ''] = /^;; flags: ([^;]*);/im.exec(text) ?? []
  const warnings = text
    .split('\n')
    .filter((line) => /^;.*\b(?:warning|error|bad|mismatch|malformed)\b/i.test(line))
    .filter((line) => !line.includes('recursion requested but not available'))
  return {
    opcode,
    status,
    flags,
    answer: section(text, 'ANSWER SECTION'),
    authority: section(text, 'AUTHORITY SECTION'),
    additional: section(text, 'ADDITIONAL SECTION'),
    edns: [...section(text, 'OPT PSEUDOSECTION'), ...section(text, 'EDNS PSEUDOSECTION')],
    warnings,
    text,
  }
}

/** The lines of a section, with single spaces between the fields. */
function section(text: string, title: string): readonly string[] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`;; ${title}`))
  if (start < 0) return []
  const end = lines.findIndex((line, i) => i > start && (line === '' || line.endsWith(' SECTION:')))
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
}
