import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { readBounded } from './bounded-read.ts'
import { checkDocument, type Checked } from './check.ts'
import { readYamlDocument, type SourceDocument } from './document.ts'
import {
  keysOf,
  overridesOfEnvironment,
  overridesOfFlags,
  type Environment,
  type Override,
} from './environment.ts'
import type { Mistake } from './mistakes.ts'
import { formatPath, isSecretWord, withValueAt } from './path.ts'
import { parseScalar, type ReferenceSources } from './reference.ts'

/** The size of a file that `${file:PATH}` names: a token or a certificate. */
const REFERENCED_FILE_MAX_BYTES = 64 * 1024

export interface LoadOptions<Schema extends z.ZodType> {
  readonly schema: Schema
  readonly file: string
  readonly env: Environment
  /** Goes over the environment, which goes over the file: dotted path to text. */
  readonly flags?: Readonly<Record<string, string>>
}

/**
 * Loads a config: file, then `MERIDIAN_…` variables, then flags, each going over what was before;
 * the value is checked and deeply frozen. All mistakes are reported at once.
 */
export function loadConfig<Schema extends z.ZodType>(
  options: LoadOptions<Schema>,
): Checked<z.output<Schema>> {
  const { schema, file, env } = options
  const keys = keysOf(schema)
  const fromEnv = overridesOfEnvironment(keys, env)
  const fromFlags = overridesOfFlags(keys, options.flags ?? {})
  const unfit = [...fromEnv.mistakes, ...fromFlags.mistakes]
  const read = readYamlDocument(file, referenceSources(file, env))
  if (!read.ok) return { ok: false, mistakes: [...read.mistakes, ...unfit] }
  const overrides = [...fromEnv.overrides, ...fromFlags.overrides]
  const checked = checkDocument(schema, override(configDocument(read.document), overrides))
  if (checked.ok && unfit.length === 0) return { ok: true, value: freeze(checked.value) }
  return { ok: false, mistakes: [...(checked.ok ? [] : checked.mistakes), ...unfit] }
}

/**
 * Checks a config file by itself: how references are written, but not where they lead, and without
 * the environment of this process.
 */
export function checkConfigFile(schema: z.ZodType, file: string): readonly Mistake[] {
  const read = readYamlDocument(file, 'accept')
  if (!read.ok) return read.mistakes
  const checked = checkDocument(schema, configDocument(read.document))
  return checked.ok ? [] : checked.mistakes
}

/** A config file of nothing but comments leaves every key to its default. */
function configDocument(document: SourceDocument): SourceDocument {
  return document.value === null ? { ...document, value: {} } : document
}

function referenceSources(file: string, env: Environment): ReferenceSources {
  return {
    env,
    readFile: (path) => {
      const read = readBounded(resolve(dirname(file), path), REFERENCED_FILE_MAX_BYTES)
      return read.ok ? { ok: true, text: read.text.replace(/\r?\n$/, '') } : read
    },
  }
}

/** Puts overrides over a document: mistakes in their values name where they came from. */
function override(document: SourceDocument, overrides: readonly Override[]): SourceDocument {
  const from = new Map<string, string>()
  const rawTexts = new Map(document.rawTexts)
  const unknownValues = new Set(document.unknownValues)
  let { value } = document
  for (const { key, text, from: origin } of overrides) {
    const path = formatPath(key.path)
    const parsed = key.isText ? text : parseScalar(text)
    value = withValueAt(value, key.path, parsed)
    from.set(path, origin)
    unknownValues.delete(path)
    if (typeof parsed === 'string') rawTexts.delete(path)
    else rawTexts.set(path, text)
  }
  return {
    ...document,
    value,
    rawTexts,
    unknownValues,
    placeOf: (path) => {
      const origin = from.get(formatPath(path))
      return origin === undefined ? document.placeOf(path) : { file: origin }
    },
    isHidden: (path) => document.isHidden(path) || isSecretWord(from.get(formatPath(path)) ?? ''),
  }
}

/** Freezes plain objects and arrays; what else a schema may have made is left alone. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  if (!isPlain) return value
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze<unknown>(inner)
  return value
}
