import type { JsonSchema } from '../../shared/config/json-schema.ts'
import { renderCode, renderNumber, renderTable } from './markdown.ts'

/** Describes all keys of a schema in one table: type, default, bounds, meaning. */
export function describeSchema(schema: JsonSchema): string {
  const rows = [...rowsOf(schema, '')]
  return renderTable(['key', 'type', 'default', 'bounds', 'meaning'], rows)
}

function* rowsOf(schema: JsonSchema, prefix: string): Iterable<readonly string[]> {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    if (typeof inner === 'boolean') continue
    const path = `${prefix}${key}`
    const isRequired = schema.required?.includes(key) === true
    // A group whose keys all have defaults needs no line of its own.
    const isPlainGroup = inner.properties !== undefined && inner.default !== undefined
    if (!isPlainGroup || inner.description !== undefined) yield rowOf(path, inner, isRequired)
    yield* rowsOf(inner, `${path}.`)
    yield* rowsOfVariants(variantsOf(inner), `${path}.`)
    const items = itemsOf(inner)
    if (items !== undefined) yield* rowsOf(items, `${path}[].`)
  }
}

/** A mapping whose keys depend on one of them, which has another constant in each variant. */
interface Variant {
  readonly name: string
  readonly schema: JsonSchema
}

function variantsOf(schema: JsonSchema): readonly Variant[] {
  return (schema.oneOf ?? []).flatMap((variant) => {
    if (typeof variant === 'boolean') return []
    const [constant] = Object.values(variant.properties ?? {}).flatMap((inner) =>
      typeof inner === 'object' && typeof inner.const === 'string' ? [inner.const] : [],
    )
    return constant === undefined ? [] : [{ name: constant, schema: variant }]
  })
}

/** One row for each key that variants have, with those that have it when not all do. */
function* rowsOfVariants(
  variants: readonly Variant[],
  prefix: string,
): Iterable<readonly string[]> {
  const rows = new Map<string, { readonly cells: readonly string[]; readonly names: string[] }>()
  for (const { name, schema } of variants) {
    for (const [key = '', type = '', ...cells] of rowsOf(schema, prefix)) {
      const isKind = type === renderCode(name)
      const row = isKind ? [key, '', ...cells] : [key, type, ...cells]
      const same = rows.get(row.join('|'))
      if (same === undefined) rows.set(row.join('|'), { cells: row, names: [name] })
      else same.names.push(name)
    }
  }
  for (const { cells, names } of rows.values()) {
    const [key = '', type = '', absent = '', bounds = '', meaning = ''] = cells
    const only = names.length === variants.length ? '' : ` (${names.join(', ')})`
    const kinds = names.map(renderCode).join(', ')
    yield [key, type === '' ? kinds : type, absent, bounds, `${meaning}${only}`.trim()]
  }
}

function rowOf(path: string, schema: JsonSchema, isRequired: boolean): readonly string[] {
  const { default: value } = schema
  const absent = isRequired ? '**required**' : 'none'
  const isGroup = schema.properties !== undefined
  return [
    renderCode(path),
    typeOf(schema),
    value === undefined || isGroup ? absent : renderCode(JSON.stringify(value)),
    [...boundsOf(schema)].join(', '),
    schema.description ?? itemsOf(schema)?.description ?? '',
  ]
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => renderCode(String(value))).join(', ')
  }
  if (schema.const !== undefined) return renderCode(String(schema.const))
  if (schema.type === 'object' || variantsOf(schema).length > 0) return 'mapping'
  const either = (schema.anyOf ?? []).flatMap((one) => (typeof one === 'boolean' ? [] : [one]))
  if (either.length > 0) return either.map(typeOf).join(' or ')
  const items = itemsOf(schema)
  if (items !== undefined) return `list of ${typeOf(items)}`
  return String(schema.type)
}

function* boundsOf(schema: JsonSchema): Iterable<string> {
  const { minimum, maximum, minItems, maxItems, minLength, maxLength, pattern } = schema
  if (minimum !== undefined && maximum !== undefined) {
    yield `${renderNumber(minimum)} to ${renderNumber(maximum)}`
  }
  if (maxItems !== undefined) yield `${minItems ?? 0} to ${renderNumber(maxItems)} items`
  if (maxLength !== undefined) yield `${minLength ?? 0} to ${renderNumber(maxLength)} characters`
  else if (minLength !== undefined) yield 'not empty'
  if (pattern !== undefined) yield renderCode(pattern)
  const example = schema['example'] ?? itemsOf(schema)?.['example']
  if (typeof example === 'string') yield `such as ${renderCode(example)}`
}

function itemsOf(schema: JsonSchema): JsonSchema | undefined {
  const { items } = schema
  return typeof items === 'object' && !Array.isArray(items) ? items : undefined
}
