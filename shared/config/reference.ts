import { parseDocument, isScalar } from 'yaml'
import { isSecretWord } from './path.ts'

/**
 * References inside of a scalar: `${NAME}`, `${NAME:-default}`, `${file:PATH}`; `$$` is a dollar.
 * A dollar before anything else stands for itself.
 */

/** Where the values of references come from. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads the file of `${file:PATH}`, already without the newline at its end. */
  readFile(path: string): { ok: true; text: string } | { ok: false; wanted: string }
}

export interface Expanded {
  readonly text: string
  /** How many references the scalar held; with 0 `text` differs by `$$` only. */
  readonly references: number
  /** Whether the scalar is one environment reference and nothing else. */
  readonly isWholeEnv: boolean
  /** Whether the text must not be shown: it has the content of a file or of a secret variable. */
  readonly isSecret: boolean
  /** Half a sentence for each reference that could not be resolved. */
  readonly mistakes: readonly string[]
}

const pattern = /\$(?:\$|\{([^}]*)\}|\{)/g
const envReference = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/

/** Replaces all references of a scalar. */
export function expandReferences(text: string, sources: ReferenceSources): Expanded {
  const mistakes: string[] = []
  let references = 0
  let isWholeEnv = false
  let isSecret = false
  const out = text.replaceAll(pattern, (match: string, body: string | undefined) => {
    if (match === '$$') return '$'
    references++
    if (body?.startsWith('file:') === true && body.length > 5) {
      isSecret = true
      const read = sources.readFile(body.slice(5))
      if (read.ok) return read.text
      mistakes.push(`names the file ${body.slice(5)}, which ${read.wanted}`)
      return ''
    }
    const [, name, fallback] = envReference.exec(body ?? '') ?? []
    if (name === undefined) {
      mistakes.push(
        'is not a reference: ${NAME}, ${NAME:-default} or ${file:PATH}; $${ stands for ${',
      )
      return ''
    }
    isSecret ||= isSecretWord(name)
    isWholeEnv = match === text
    const value = sources.env[name]
    // As in a shell: the default also stands for a variable that is set to nothing.
    if (fallback !== undefined && (value === undefined || value === '')) return fallback
    if (value !== undefined) return value
    mistakes.push(`names the environment variable ${name}, which is not set`)
    return ''
  })
  return { text: out, references, isWholeEnv, isSecret, mistakes }
}

/**
 * Reads text as a YAML scalar: `53` is a number, `true` a boolean. Anything else is the text itself,
 * nothing is cut from it.
 */
export function parseScalar(text: string): unknown {
  if (text === '' || text.length > 64) return text
  const { contents, errors } = parseDocument(text, { logLevel: 'silent', prettyErrors: false })
  const isPlain = errors.length === 0 && isScalar(contents) && contents.source === text
  return isPlain && contents.type === 'PLAIN' ? contents.value : text
}
