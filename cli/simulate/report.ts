import { policyText } from '../../shared/registry/policy-schema.ts'
import type { Policy } from '../../shared/registry/policy-schema.ts'
import { renderTable } from '../output.ts'
import type { LogCounts } from './asked.ts'
import type { AppComparison } from './compare.ts'
import type { EdgeSites } from './edge-sites.ts'
import type { Tallied } from './tally.ts'

/** Who asked. */
export type Population =
  | { readonly kind: 'generated'; readonly clients: number; readonly seed: number }
  | ({ readonly kind: 'log' } & LogCounts)

/** All that a simulation found out. */
export interface Report {
  readonly population: Population
  readonly edges: { readonly kind: EdgeSites['kind']; readonly count: number }
  readonly apps: readonly AppComparison[]
  readonly total: Tallied
}

/** Characters of a policy that the heading of a table shows. */
const POLICY_SHOWN_CHARACTERS = 60

/** Renders a table for each app, and one for all of them where there are several. */
export function renderReport({ population, edges, apps, total }: Report): string {
  const isLog = population.kind === 'log'
  const who = isLog ? 'queries' : 'clients'
  const from = isLog
    ? `${population.queries} queries of a log of ${population.lines} lines`
    : `${population.clients} generated clients (seed ${population.seed})`
  const at =
    edges.kind === 'connected'
      ? `${edges.count} connected edges`
      : `${edges.count} clusters, each taken for an edge`
  const blocks = apps.map((app) => `${headOf(app, who)}\n${renderTallied(app)}`)
  if (apps.length > 1) blocks.push(`all apps: ${movedText(total, who)}\n${renderTallied(total)}`)
  return [`${from}, asking ${at}; nothing was changed\n`, ...blocks].join('\n')
}

function headOf(app: AppComparison, who: string): string {
  const { name, nowPolicy, thenPolicy } = app
  const now = policyShown(nowPolicy)
  const later = policyShown(thenPolicy)
  const policy = now === later ? now : `${now} -> ${later}`
  return `${name} ${policy}: ${movedText(app, who)}`
}

function policyShown(policy: Policy | undefined): string {
  if (policy === undefined) return '(not registered)'
  const text = policyText(policy)
  return text.length <= POLICY_SHOWN_CHARACTERS
    ? text
    : `${text.slice(0, POLICY_SHOWN_CHARACTERS)}…`
}

function movedText({ asked, moved, movedPercent }: Tallied, who: string): string {
  const count = Number.isInteger(moved) ? moved : moved.toFixed(1)
  return `${count} of ${asked} ${who} move (${movedPercent.toFixed(1)} %)`
}

function renderTallied(tallied: Tallied): string {
  const { clusters, nowUnansweredPercent, thenUnansweredPercent, nowKm, thenKm } = tallied
  const rows = [
    ...clusters.map(({ cluster, ...row }) => ({ title: cluster, ...row })),
    ...(nowUnansweredPercent === 0 && thenUnansweredPercent === 0
      ? []
      : [
          {
            title: '(no address)',
            nowPercent: nowUnansweredPercent,
            thenPercent: thenUnansweredPercent,
            shiftPoints: thenUnansweredPercent - nowUnansweredPercent,
            nowKm: undefined,
            thenKm: undefined,
          },
        ]),
    {
      title: 'total',
      nowPercent: 100,
      thenPercent: 100,
      shiftPoints: 0,
      nowKm,
      thenKm,
    },
  ]
  return renderTable(
    [
      { title: 'cluster', of: ({ title }) => title },
      { title: 'now', of: ({ nowPercent }) => `${nowPercent.toFixed(1)} %`, align: 'right' },
      { title: 'then', of: ({ thenPercent }) => `${thenPercent.toFixed(1)} %`, align: 'right' },
      { title: 'shift', of: ({ shiftPoints }) => signed(shiftPoints), align: 'right' },
      { title: 'km now', of: ({ nowKm }) => nowKm?.toFixed(0), align: 'right' },
      { title: 'km then', of: ({ thenKm }) => thenKm?.toFixed(0), align: 'right' },
    ],
    rows,
  )
}

function signed(points: number): string {
  const text = points.toFixed(1)
  if (text === '0.0' || text === '-0.0') return '0.0'
  return points > 0 ? `+${text}` : text
}
