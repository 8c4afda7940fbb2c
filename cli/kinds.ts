import type { Item } from './client.ts'
import { idOperand, nameOperand, pathOf } from './keys.ts'
import { operand } from './options.ts'
import type { Column } from './output.ts'

/** What the commands `list`, `get` and `delete` need to know of a kind of object. */
export interface Kind {
  readonly name: 'cluster' | 'zone' | 'network' | 'app' | 'endpoint'
  /** The path of the list; operands before the key of the object choose it. */
  readonly listPath: (args: readonly string[]) => string
  readonly itemPath: (args: readonly string[]) => string
  /** How an object is named in a sentence: `endpoint video.example. sfo`. */
  readonly title: (args: readonly string[]) => string
  readonly columns: readonly Column<Item>[]
}

function column(title: string, align?: 'right'): Column<Item> {
  return { title, of: (item) => item[title], ...(align === undefined ? {} : { align }) }
}

const id = (args: readonly string[], index = 0): string => idOperand(operand(args, index))
const name = (args: readonly string[]): string => nameOperand(operand(args, 0))

export const clusterKind: Kind = {
  name: 'cluster',
  listPath: () => pathOf('clusters'),
  itemPath: (args) => pathOf('clusters', id(args)),
  title: (args) => `cluster ${id(args)}`,
  columns: [
    column('id'),
    column('state'),
    column('latitude', 'right'),
    column('longitude', 'right'),
    column('country'),
    column('city'),
    column('addresses'),
    column('version', 'right'),
  ],
}

export const zoneKind: Kind = {
  name: 'zone',
  listPath: () => pathOf('zones'),
  itemPath: (args) => pathOf('zones', name(args)),
  title: (args) => `zone ${name(args)}`,
  columns: [column('apex'), column('ns'), column('version', 'right')],
}

export const networkKind: Kind = {
  name: 'network',
  listPath: () => pathOf('networks'),
  itemPath: (args) => pathOf('networks', id(args)),
  title: (args) => `network ${id(args)}`,
  columns: [
    column('id'),
    column('prefixes'),
    column('cluster'),
    column('latitude', 'right'),
    column('longitude', 'right'),
    column('country'),
    column('version', 'right'),
  ],
}

export const appKind: Kind = {
  name: 'app',
  listPath: () => pathOf('apps'),
  itemPath: (args) => pathOf('apps', name(args)),
  title: (args) => `app ${name(args)}`,
  columns: [
    column('name'),
    column('policy'),
    column('ttl'),
    { title: 'clusters', of: (app) => clustersOf(app['endpoints']) },
    column('version', 'right'),
  ],
}

export const endpointKind: Kind = {
  name: 'endpoint',
  listPath: (args) => pathOf('apps', name(args), 'endpoints'),
  itemPath: (args) => pathOf('apps', name(args), 'endpoints', id(args, 1)),
  title: (args) => `endpoint ${name(args)} ${id(args, 1)}`,
  columns: [
    column('cluster'),
    { title: 'state', of: (endpoint) => endpoint['state'] ?? 'active' },
    { title: 'addresses', of: ({ addresses, target }) => target ?? addresses },
    column('port', 'right'),
    column('weight', 'right'),
    column('priority', 'right'),
    column('version', 'right'),
  ],
}

function clustersOf(endpoints: unknown): unknown {
  if (!Array.isArray(endpoints)) return undefined
  return endpoints.map((endpoint: unknown) => {
    const isNamed = typeof endpoint === 'object' && endpoint !== null && 'cluster' in endpoint
    return isNamed ? endpoint.cluster : undefined
  })
}
