/**
 * Adds up the samples of a metric in the Prometheus text format, whatever their labels are. `suffix`
 * says which series of a histogram. Throws when the text does not declare the metric.
 */
export function sumOfMetric(text: string, name: string, suffix: '' | '_count' | '_sum'): number {
  // Before its first sample a metric with labels is only declared: a new name must not count as 0.
  if (!text.includes(`# TYPE ${name} `)) throw new Error(`there is no metric ${name}`)
  const samples = text.matchAll(new RegExp(`^${name}${suffix}(?:\\{.*\\})? (\\S+)$`, 'gm'))
  return Array.from(samples, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0)
}
