import { z } from 'zod'
import { checkDocument } from '../../shared/config/check.ts'
import { readYamlDocument } from '../../shared/config/document.ts'
import { processEnvironment } from '../../shared/config/environment.ts'
import { jsonSchemaOf } from '../../shared/config/json-schema.ts'
import { checkConfigFile, loadConfig } from '../../shared/config/load.ts'
import type { Mistake } from '../../shared/config/mistakes.ts'
import { assertNever } from '../../shared/errors.ts'
import type { Call } from '../call.ts'
import { EXIT_OK, EXIT_USAGE } from '../../shared/exit.ts'
import { detectKind, documentKinds, type DocumentKind } from '../document-kind.ts'
import { usageError } from '../failure.ts'
import { globalOptions, operand, parseOptions, refuse } from '../options.ts'
import { renderJson } from '../output.ts'

const checkOptions = z.object({
  ...globalOptions,
  kind: z.enum(documentKinds).optional(),
  env: z.boolean().default(true),
})

/** `meridian config check FILE`: says what is wrong in a file, as the program itself would. */
export async function checkConfig(call: Call): Promise<number> {
  const options = parseOptions(checkOptions, call.options)
  const file = operand(call.args, 0)
  const kind = options.kind ?? kindOfFile(file)
  if (typeof kind === 'object') return report(call, { file, mistakes: kind.mistakes }, options)
  const mistakes = await findMistakes(kind, file, options)
  return report(call, { file, kind, mistakes }, options)
}

interface Verdict {
  readonly file: string
  readonly kind?: DocumentKind
  readonly mistakes: readonly Mistake[]
}

function report(call: Call, verdict: Verdict, { output }: { output: 'table' | 'json' }): number {
  const isOk = verdict.mistakes.length === 0
  if (output === 'json') {
    call.io.out(renderJson({ ok: isOk, ...verdict }))
    return isOk ? EXIT_OK : EXIT_USAGE
  }
  if (!isOk) return refuse(call.io, verdict.mistakes)
  call.io.out(`${verdict.file}: ok (${verdict.kind})\n`)
  return EXIT_OK
}

function kindOfFile(file: string): DocumentKind | { readonly mistakes: readonly Mistake[] } {
  const read = readYamlDocument(file)
  if (!read.ok) return { mistakes: read.mistakes }
  const kind = detectKind(read.document.value)
  if (kind === undefined) {
    throw usageError(
      `${file}: its keys do not tell what it is; --kind is wanted, one of ${documentKinds.join(', ')}`,
    )
  }
  return kind
}

async function findMistakes(
  kind: DocumentKind,
  file: string,
  { env }: { env: boolean },
): Promise<readonly Mistake[]> {
  const schema = await schemaOf(kind)
  if (kind === 'central' || kind === 'edge') {
    if (!env) return checkConfigFile(schema, file)
    const loaded = loadConfig({ schema, file, env: processEnvironment() })
    return loaded.ok ? [] : loaded.mistakes
  }
  // Manifests and topologies are plain data without references.
  const read = readYamlDocument(file)
  const checked = read.ok ? checkDocument(schema, read.document) : read
  return checked.ok ? [] : checked.mistakes
}

/** `meridian config schema KIND`: prints the JSON schema for editors and checks elsewhere. */
export async function printSchema(call: Call): Promise<number> {
  const kind = z.enum(documentKinds).safeParse(operand(call.args, 0))
  if (!kind.success) {
    throw usageError(`"${operand(call.args, 0)}" is not one of ${documentKinds.join(', ')}`)
  }
  call.io.out(renderJson(jsonSchemaOf(await schemaOf(kind.data))))
  return EXIT_OK
}

/** Loads the schema of one kind only: that of the edge brings in half of the edge. */
async function schemaOf(kind: DocumentKind): Promise<z.ZodType> {
  switch (kind) {
    case 'central':
      return (await import('../../central/options.ts')).centralOptionsSchema
    case 'edge':
      return (await import('../../edge/options.ts')).edgeOptionsSchema
    case 'manifest':
      return (await import('../../shared/registry/schema.ts')).manifestSchema
    case 'topology':
      return (await import('../../shared/registry/schema.ts')).topologySchema
    default:
      return assertNever(kind)
  }
}
