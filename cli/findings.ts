import { z } from 'zod'
import { cell } from './output.ts'
import type { Explanation } from './explanation.ts'

/** What central knows of the health of one endpoint, as `/v1/apps/{name}/health` shows it. */
export const findingSchema = z.object({
  cluster: z.string(),
  state: z.string(),
  sinceEpoch: z.number().optional(),
  reports: z.array(z.object({ edge: z.string(), state: z.string(), detail: z.string() })),
  forced: z
    .object({ state: z.string(), untilEpoch: z.number(), reason: z.string(), actor: z.string() })
    .optional(),
})

/** One endpoint, and who says what of it. */
export type Finding = Readonly<z.output<typeof findingSchema>>

/** What a step says of endpoints that are down, with since when and by whose reports. */
export function withFindings(explanation: Explanation, findings: readonly Finding[]): Explanation {
  const byCluster = new Map(findings.map((finding) => [finding.cluster, finding]))
  const steps = explanation.steps.map((step) =>
    step.filter === 'healthy'
      ? {
          ...step,
          dropped: step.dropped.map(({ cluster, reason }) => ({
            cluster,
            reason: `${reason}${whyOf(byCluster.get(cluster))}`,
          })),
        }
      : step,
  )
  return { ...explanation, steps }
}

function whyOf(finding: Finding | undefined): string {
  if (finding === undefined) return ''
  const { forced, state, reports } = finding
  if (forced?.state === 'down') return `, forced by ${forced.actor}: ${forced.reason}`
  if (state !== 'down') return ''
  const edges = reports.filter((report) => report.state === 'down').map(({ edge }) => edge)
  return `${sinceOf(finding)}${edges.length === 0 ? '' : `, as ${edges.join(', ')} report`}`
}

/** Renders who says what of the endpoints of an app; nothing where nobody looks at them. */
export function renderFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap((finding) => {
    const { cluster, state, reports, forced } = finding
    return [
      `  ${cell(cluster)} ${cell(state)}${sinceOf(finding)}`,
      ...(forced === undefined
        ? []
        : [
            `    forced ${cell(forced.state)} until ${timeOf(forced.untilEpoch)} by ${cell(forced.actor)}: ${cell(forced.reason)}`,
          ]),
      ...reports.map(({ edge, state, detail }) => {
        const why = detail === '' ? '' : `: ${cell(detail)}`
        return `    ${cell(edge)} reports ${cell(state)}${why}`
      }),
    ]
  })
  return lines.length === 0 ? '' : `health, as central knows it:\n${lines.join('\n')}\n`
}

function sinceOf({ sinceEpoch }: Finding): string {
  return sinceEpoch === undefined ? '' : ` since ${timeOf(sinceEpoch)}`
}

function timeOf(epochMs: number): string {
  const isTime = Math.abs(epochMs) <= 8_640_000_000_000_000
  return isTime ? new Date(epochMs).toISOString() : '-'
}
