import { decodeUtf8, formatBytes } from '../shared/config/bounded-read.ts'
import { checkDocument } from '../shared/config/check.ts'
import {
  DOCUMENT_MAX_BYTES,
  parseYamlDocument,
  readYamlDocument,
  type ReadDocument,
  type SourceDocument,
} from '../shared/config/document.ts'
import { mistakeAt, type Mistake } from '../shared/config/mistakes.ts'
import { valueAt } from '../shared/config/path.ts'
import { manifestSchema, type Manifest } from '../shared/registry/schema.ts'

/** A manifest as it is sent: lists that no file names stay absent, so that they are not pruned. */
type ManifestBody = Partial<Record<keyof Manifest, readonly unknown[]>>

export type ReadManifests =
  | { readonly ok: true; readonly body: ManifestBody }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** The lists of a manifest, and the field of their entries that may stand only once in all files. */
const lists = [
  {
    list: 'clusters',
    field: 'id',
    keysOf: ({ clusters }: Manifest) => clusters.map(({ id }) => id),
  },
  { list: 'zones', field: 'apex', keysOf: ({ zones }: Manifest) => zones.map(({ apex }) => apex) },
  {
    list: 'networks',
    field: 'id',
    keysOf: ({ networks }: Manifest) => networks.map(({ id }) => id),
  },
  {
    list: 'records',
    field: 'name',
    keysOf: ({ records }: Manifest) => records.map(({ name, type }) => `${name} ${type}`),
  },
  { list: 'apps', field: 'name', keysOf: ({ apps }: Manifest) => apps.map(({ name }) => name) },
] as const

/** Reads and checks manifests and puts their lists together; `-` is stdin. */
export async function readManifests(
  files: readonly string[],
  stdin: AsyncIterable<unknown>,
): Promise<ReadManifests> {
  const mistakes: Mistake[] = []
  const checked: { document: SourceDocument; manifest: Manifest }[] = []
  for (const file of files) {
    const read = file === '-' ? await readStdin(stdin) : readYamlDocument(file)
    const result = read.ok ? checkDocument(manifestSchema, read.document) : read
    if (!result.ok) mistakes.push(...result.mistakes)
    else if (read.ok) checked.push({ document: read.document, manifest: result.value })
  }
  mistakes.push(...twiceInFiles(checked), ...prefixesTwiceInFiles(checked))
  if (mistakes.length > 0) return { ok: false, mistakes }
  return { ok: true, body: join(checked) }
}

/** Reads a YAML document from stdin, of at most `DOCUMENT_MAX_BYTES`. */
export async function readStdin(stdin: AsyncIterable<unknown>): Promise<ReadDocument> {
  const refuse = (wanted: string): ReadDocument => {
    return { ok: false, mistakes: [{ file: 'stdin', path: '', wanted }] }
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stdin) {
    if (!(chunk instanceof Uint8Array)) continue
    length += chunk.length
    if (length > DOCUMENT_MAX_BYTES)
      return refuse(`is larger than ${formatBytes(DOCUMENT_MAX_BYTES)}`)
    chunks.push(chunk)
  }
  const decoded = decodeUtf8(Buffer.concat(chunks))
  return decoded.ok ? parseYamlDocument('stdin', decoded.text) : refuse(decoded.wanted)
}

interface CheckedManifest {
  readonly document: SourceDocument
  readonly manifest: Manifest
}

/** The schema finds what stands twice in one file; this what stands in two. */
function twiceInFiles(checked: readonly CheckedManifest[]): Mistake[] {
  const mistakes: Mistake[] = []
  for (const { list, field, keysOf } of lists) {
    const files = new Map<string, string>()
    for (const { document, manifest } of checked) {
      const keys = keysOf(manifest)
      keys.forEach((key, i) => {
        const other = files.get(key)
        if (other === undefined) return
        const wanted = `is already the ${field} of one of the ${list} in ${other}`
        mistakes.push(mistakeAt(document, [list, i, field], wanted))
      })
      for (const key of keys) files.set(key, document.file)
    }
  }
  return mistakes
}

/** The same of the prefixes of networks, each of which is in one of them only. */
function prefixesTwiceInFiles(checked: readonly CheckedManifest[]): Mistake[] {
  const mistakes: Mistake[] = []
  const files = new Map<string, string>()
  for (const { document, manifest } of checked) {
    manifest.networks.forEach(({ prefixes }, i) => {
      prefixes.forEach((prefix, j) => {
        const other = files.get(prefix)
        if (other === undefined) return
        const wanted = `is already a prefix of one of the networks in ${other}`
        mistakes.push(mistakeAt(document, ['networks', i, 'prefixes', j], wanted))
      })
    })
    for (const { prefixes } of manifest.networks) {
      for (const prefix of prefixes) files.set(prefix, document.file)
    }
  }
  return mistakes
}

/** Joins the lists as they were written: defaults are central's to fill in. */
function join(checked: readonly CheckedManifest[]): ManifestBody {
  const body: ManifestBody = {}
  for (const { document } of checked) {
    for (const { list } of lists) {
      const items: unknown = valueAt(document.value, [list])
      if (Array.isArray(items)) body[list] = (body[list] ?? []).concat(items)
    }
  }
  return body
}
