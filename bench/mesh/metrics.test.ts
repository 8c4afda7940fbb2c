import { expect, it } from 'vitest'
import { sumOfMetric } from './metrics.ts'

const text = `# HELP drops_total Dropped.
# TYPE drops_total counter
drops_total{family="inet"} 3
drops_total{family="inet6"} 4
# TYPE drops_total_of_others counter
drops_total_of_others 50
# TYPE duration_seconds histogram
duration_seconds_bucket{le="0.1",result="app"} 2
duration_seconds_sum{result="app"} 0.25
duration_seconds_sum{result="nodata"} 1.5e-3
duration_seconds_count{result="app"} 2
# TYPE empty counter
`

it.each([
  ['drops_total', '', 7],
  ['drops_total_of_others', '', 50],
  ['duration_seconds', '_count', 2],
  ['duration_seconds', '_sum', 0.2515],
  ['empty', '', 0],
] as const)('%s%s is added up over its labels', (name, suffix, sum) => {
  expect(sumOfMetric(text, name, suffix)).toBeCloseTo(sum, 10)
})

it('a metric that is not declared is an error, not 0', () => {
  expect(() => sumOfMetric(text, 'drops', '')).toThrow('no metric drops')
})
