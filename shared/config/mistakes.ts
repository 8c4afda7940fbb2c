import type { z } from 'zod'
import { knownKeysOf } from './issue.ts'
import { didYouMean } from './nearest.ts'
import { formatPath, isSecretPath, toPath, valueAt, type Path } from './path.ts'

/** One thing that is wrong in something that a person wrote. Shown as one line. */
export interface Mistake {
  /** The file, or whatever else the value came from: `stdin`, the name of a variable. */
  readonly file: string
  /** Counted from 1; absent where the source has no lines. */
  readonly line?: number
  readonly column?: number
  /** As `formatPath` writes it; empty for the whole document. */
  readonly path: string
  /** The value as it may be shown, `(hidden)` for a secret; absent when there is none. */
  readonly value?: string
  /** What is wanted, as half a sentence behind the value: "is not true or false". */
  readonly wanted: string
}

export type Place = Pick<Mistake, 'file' | 'line' | 'column'>

/** What the mistakes of a value need to know about where it was written. */
export interface Source {
  readonly value: unknown
  placeOf(path: Path): Place
  /** The place of a key, where `placeOf` gives that of its value. */
  placeOfKey(path: Path, key: string): Place
  isHidden(path: Path): boolean
}

/** Writes a mistake as one line: `edge.yaml:12:9: listen.addresses[0]: "x" is not an address …`. */
export function formatMistake(mistake: Mistake): string {
  const { file, line, column, path, value, wanted } = mistake
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  const joint = verbs.test(wanted) ? ' ' : ': '
  const sentence = value === undefined ? wanted : `${value}${joint}${wanted}`
  return oneLine([place, ...(path === '' ? [] : [path]), sentence].join(': '))
}

/** Words that make a sentence of value and wanted; before others stands a colon. */
const verbs =
  /^(?:is|are|has|holds|must|may|needs|names|does|could|cannot|can|ends|starts|fits|lies)\b/

/** Writes control characters as escapes, so that a line stays a line and a terminal unharmed. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** A source that has no lines, such as the options of a command. */
export function plainSource(file: string, value: unknown): Source {
  const place = { file }
  return { value, placeOf: () => place, placeOfKey: () => place, isHidden: isSecretPath }
}

/** Makes one mistake at a path of a source; its value is shown unless it is hidden. */
export function mistakeAt(source: Source, path: Path, wanted: string): Mistake {
  const raw = valueAt(source.value, path)
  if (raw === undefined) return { ...source.placeOf(path), path: formatPath(path), wanted }
  const isHidden = source.isHidden(path) && (typeof raw !== 'object' || raw === null)
  return {
    ...source.placeOf(path),
    path: formatPath(path),
    value: isHidden ? '(hidden)' : showValue(raw),
    // A rule of the schema may repeat the value in its message.
    wanted:
      isHidden && typeof raw === 'string' && raw !== ''
        ? wanted.replaceAll(raw, '(hidden)')
        : wanted,
  }
}

/** Translates the issues of `schema.safeParse(value, { error: describeIssue })`. */
export function mistakesOf(issues: readonly z.core.$ZodIssue[], source: Source): Mistake[] {
  return issues.flatMap((issue) => mistakesOfIssue(issue, [], source))
}

function mistakesOfIssue(issue: z.core.$ZodIssue, parent: Path, source: Source): Mistake[] {
  const path = [...parent, ...toPath(issue.path)]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, issue.message, source))
    case 'invalid_key': {
      const reasons = issue.issues.map((inner) => inner.message).join(' and ')
      const wanted = `key ${JSON.stringify(path.at(-1))} ${reasons}`
      return [{ ...source.placeOf(path), path: formatPath(path.slice(0, -1)), wanted }]
    }
    case 'invalid_union': {
      const meant = issue.inclusive === false ? undefined : meantBranch(issue.errors)
      if (meant === undefined) return [mistakeAt(source, path, issue.message)]
      return meant.flatMap((inner) => mistakesOfIssue(inner, path, source))
    }
    default:
      return [mistakeAt(source, path, issue.message)]
  }
}

/**
 * The branch of a union that the writer meant: the only one that takes the value as a whole and
 * finds fault inside of it. Undefined when no branch or several may be meant.
 */
function meantBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const [first, ...others] = branches.filter((issues) => {
    return issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys')
  })
  return others.length === 0 ? first : undefined
}

function unknownKey(path: Path, key: string, message: string, source: Source): Mistake {
  const known = knownKeysOf(message)
  const hint = didYouMean(key, known)
  const list = hint === '' && known.length > 0 ? `; known are ${known.join(', ')}` : hint
  return {
    ...source.placeOfKey(path, key),
    path: formatPath(path),
    wanted: `unknown key \`${key}\`${list}`,
  }
}

/** Characters of a value that a mistake shows. */
const SHOWN_MAX = 80

/** Shows a value: scalars as JSON, cut when long; lists and mappings only by their kind. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') {
    const isLong = value.length > SHOWN_MAX
    return JSON.stringify(isLong ? `${value.slice(0, SHOWN_MAX)}…` : value)
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return 'an empty list'
    return value.length === 1 ? 'a list of 1 entry' : `a list of ${value.length} entries`
  }
  return typeof value === 'object' && value !== null ? 'a mapping' : String(value)
}
