/**
 * Writes the parts of `docs/` that are taken from the code: the regions between `<!-- generated: … -->`
 * and `<!-- end of generated -->`, and the JSON schemas. With `--check` it writes nothing, names what is
 * stale, and ends with exit code 1. Run by `npm run docs` and by a house test.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { centralOptionsSchema } from '../central/options.ts'
import { edgeOptionsSchema } from '../edge/options.ts'
import { jsonSchemaOf } from '../shared/config/json-schema.ts'
import { packageRoot } from '../shared/package-root.ts'
import { manifestSchema, topologySchema } from '../shared/registry/schema.ts'
import { describeCommands } from './generators/cli.ts'
import { describeLimits } from './generators/limits.ts'
import { describeSchema } from './generators/schema-table.ts'

const root = packageRoot()

const schemas = {
  central: jsonSchemaOf(centralOptionsSchema),
  edge: jsonSchemaOf(edgeOptionsSchema),
  manifest: jsonSchemaOf(manifestSchema),
  topology: jsonSchemaOf(topologySchema),
}

/** What each kind of region is filled with. */
const regions: Readonly<Record<string, () => string>> = {
  'options of central': () => describeSchema(schemas.central),
  'options of edge': () => describeSchema(schemas.edge),
  'keys of a manifest': () => describeSchema(schemas.manifest),
  limits: () => describeLimits(root),
  commands: () => describeCommands(),
}

const regionPattern = /(<!-- generated: (.+?) -->\n)[^]*?(<!-- end of generated -->)/g

const wanted = new Map<string, string>()
for (const file of globSync('docs/**/*.md', { cwd: root })) {
  const text = readFileSync(join(root, file), 'utf8')
  if (text.includes('<!-- generated:')) wanted.set(file, await fillRegions(file, text))
}
for (const [kind, schema] of Object.entries(schemas)) {
  wanted.set(`docs/reference/${kind}.schema.json`, `${JSON.stringify(schema, undefined, 2)}\n`)
}

const isCheck = process.argv.includes('--check')
for (const [file, text] of wanted) {
  if (readIfThere(join(root, file)) === text) continue
  process.stdout.write(`${file} ${isCheck ? 'is stale: npm run docs' : 'written'}\n`)
  if (isCheck) process.exitCode = 1
  else writeFileSync(join(root, file), text)
}

async function fillRegions(file: string, text: string): Promise<string> {
  const filled = text.replaceAll(
    regionPattern,
    (_match, begin: string, name: string, end: string) => {
      const fill = regions[name]
      if (fill === undefined) throw new TypeError(`${file}: no generator is named ${name}`)
      return `${begin}\n${fill()}\n${end}`
    },
  )
  const path = join(root, file)
  return format(filled, { ...(await resolveConfig(path)), filepath: path })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
