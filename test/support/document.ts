/**
 * Commands in documents, and what they print. A fence of `sh` holds commands; a fence of `text` behind it
 * holds what they print. The two texts are the same when
 *
 * - blanks differ in number only,
 * - a time (2026-11-21T13:49:57.990Z) stands where a time stands,
 * - `pid N` stands where another pid stands; later commands that name N mean that process,
 * - `…` stands for any text of a line, and alone on a line for any lines.
 */

export interface Step {
  readonly commands: string
  /** What is printed; undefined where the document does not say. */
  readonly output: string | undefined
  /** Line of the document, for people. */
  readonly line: number
}

/** The steps of a document, in their order. Throws when a `text` follows no `sh`. */
export function stepsOf(document: string): readonly Step[] {
  const steps: { commands: string; output: string | undefined; line: number }[] = []
  let last: (typeof steps)[number] | undefined
  for (const match of document.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    const [, language, content = ''] = match
    const line = document.slice(0, match.index).split('\n').length
    if (language === 'sh') {
      last = { commands: content, output: undefined, line }
      steps.push(last)
    } else if (language === 'text') {
      if (last === undefined || last.output !== undefined) {
        throw new TypeError(`line ${line}: a text that no commands have printed`)
      }
      last.output = content
    } else last = undefined
  }
  return steps
}

/** The processes of a run by the pids that the document shows. */
export type Pids = Map<string, string>

/** Compares by the rules above; keeps the pids when all is the same. */
export function isSameOutput(wanted: string, printed: string, pids: Pids): boolean {
  const shown: string[] = []
  const lines = normalise(wanted)
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\n)*?' : `${patternOf(line, shown)}\n`))
  const match = new RegExp(`^${lines.join('')}$`).exec(`${normalise(printed)}\n`)
  if (match === null) return false
  shown.forEach((pid, i) => pids.set(pid, match[i + 1] ?? ''))
  return true
}

/** Puts the pids of this run in the place of those that the document shows. */
export function withPids(commands: string, pids: Pids): string {
  return commands.replaceAll(/\b\d+\b/g, (number) => pids.get(number) ?? number)
}

function normalise(text: string): string {
  return text
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/ $/gm, '')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '(a time)')
    .trim()
}

function patternOf(line: string, shown: string[]): string {
  return line
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
    .replaceAll(/\bpid (\d+)/g, (_match, pid: string) => {
      shown.push(pid)
      return 'pid (\\d+)'
    })
}
