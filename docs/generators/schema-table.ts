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
    const items = itemsOf(inner)
    if (items !== undefined) yield* rowsOf(items, `${path}[].`)
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
  if (schema.properties !== undefined) return 'mapping'
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
