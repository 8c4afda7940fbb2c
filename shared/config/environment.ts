import type { z } from 'zod'
import { jsonSchemaOf, type JsonSchema } from './json-schema.ts'
import type { Mistake } from './mistakes.ts'
import { didYouMean } from './nearest.ts'
import { formatPath, type Path } from './path.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The environment of this process. Nothing else in Meridian reads it. */
export function processEnvironment(): Environment {
  return process.env
}

/** Variables of the command line; they are never keys of a config file. */
const reservedVariables = ['MERIDIAN_URL', 'MERIDIAN_TOKEN', 'MERIDIAN_CONFIG'] as const

/** A key that the environment or a flag may set: one single value, not a list or mapping. */
interface ScalarKey {
  readonly path: Path
  /** Whether it can only be a string; then text is not read as a number or boolean. */
  readonly isText: boolean
}

/** The single values of a schema by the name of their variable, and the variables of its lists. */
export interface SchemaKeys {
  readonly scalars: ReadonlyMap<string, ScalarKey>
  readonly others: ReadonlyMap<string, Path>
}

/** The variable of a path: `listen.maxClients` is `MERIDIAN_LISTEN_MAX_CLIENTS`. */
export function variableOf(path: Path): string {
  const words = path.map((part) => String(part).replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2'))
  return `MERIDIAN_${words.join('_').replaceAll('-', '_').toUpperCase()}`
}

/** Collects the keys of a schema. Throws when two of them would have the same variable. */
export function keysOf(schema: z.ZodType): SchemaKeys {
  const scalars = new Map<string, ScalarKey>()
  const others = new Map<string, Path>()
  const add = (path: Path, isText: boolean): void => {
    const variable = variableOf(path)
    const known = scalars.get(variable)
    if (known !== undefined && formatPath(known.path) !== formatPath(path)) {
      throw new TypeError(`${formatPath(known.path)} and ${formatPath(path)} are both ${variable}`)
    }
    // One key in several branches of a union: text only where all of them say so.
    scalars.set(variable, { path, isText: isText && known?.isText !== false })
  }
  const walk = (node: JsonSchema | boolean, path: Path): void => {
    if (typeof node === 'boolean') return
    for (const branch of [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]) {
      walk(branch, path)
    }
    for (const [key, inner] of Object.entries(node.properties ?? {})) walk(inner, [...path, key])
    if (path.length === 0 || node.properties !== undefined) return
    if (node.type === 'array' || node.type === 'object') others.set(variableOf(path), path)
    else if (!isUnion(node)) add(path, isTextOnly(node))
  }
  walk(jsonSchemaOf(schema), [])
  return { scalars, others }
}

function isUnion(node: z.core.JSONSchema.BaseSchema): boolean {
  return node.anyOf !== undefined || node.oneOf !== undefined || node.allOf !== undefined
}

function isTextOnly(node: z.core.JSONSchema.BaseSchema): boolean {
  if (node.enum !== undefined) return node.enum.every((value) => typeof value === 'string')
  return node.type === 'string' || typeof node.const === 'string'
}

/** A single value that goes over what the file says. */
export interface Override {
  readonly key: ScalarKey
  readonly text: string
  /** Where it came from, as mistakes name it. */
  readonly from: string
}

export interface Overrides {
  readonly overrides: readonly Override[]
  readonly mistakes: readonly Mistake[]
}

/** Finds what `MERIDIAN_…` variables override; one that fits no key is a mistake. */
export function overridesOfEnvironment(keys: SchemaKeys, env: Environment): Overrides {
  const overrides: Override[] = []
  const mistakes: Mistake[] = []
  const reserved = new Set<string>(reservedVariables)
  for (const variable of Object.keys(env).sort()) {
    const text = env[variable]
    if (text === undefined || !variable.startsWith('MERIDIAN_') || reserved.has(variable)) continue
    const key = keys.scalars.get(variable)
    if (key !== undefined) overrides.push({ key, text, from: variable })
    else mistakes.push({ file: variable, path: '', wanted: unfit(variable, keys) })
  }
  return { overrides, mistakes }
}

function unfit(variable: string, keys: SchemaKeys): string {
  const other = keys.others.get(variable)
  if (other !== undefined) {
    return `names ${formatPath(other)}, but the environment sets single values only, no lists or mappings`
  }
  return `fits no key of the configuration${didYouMean(variable, keys.scalars.keys())}`
}

/** Finds what flags override: dotted path to text, `{ 'listen.port': '53' }`. */
export function overridesOfFlags(
  keys: SchemaKeys,
  flags: Readonly<Record<string, string>>,
): Overrides {
  const overrides: Override[] = []
  const mistakes: Mistake[] = []
  const byPath = new Map([...keys.scalars.values()].map((key) => [formatPath(key.path), key]))
  for (const [flag, text] of Object.entries(flags)) {
    const key = byPath.get(flag)
    if (key !== undefined) {
      overrides.push({ key, text, from: `flag ${flag}` })
      continue
    }
    const wanted = `fits no key of the configuration${didYouMean(flag, byPath.keys())}`
    mistakes.push({ file: `flag ${flag}`, path: '', wanted })
  }
  return { overrides, mistakes }
}
