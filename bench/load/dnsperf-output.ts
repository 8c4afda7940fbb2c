/** What dnsperf 2.10 says at the end of a run. */
export interface DnsperfSummary {
  readonly sent: number
  readonly completed: number
  readonly lost: number
  /** Answers by the mnemonic of their rcode. */
  readonly rcodes: Readonly<Record<string, number>>
  readonly seconds: number
  readonly perSecond: number
}

/** Parses the statistics. Throws when a line of them is missing. */
export function parseSummary(output: string): DnsperfSummary {
  const numberAt = (label: string): number => {
    const text = new RegExp(`^\\s*${label}:\\s+([\\d.]+)`, 'm').exec(output)?.[1]
    if (text === undefined) throw new Error(`dnsperf has printed no "${label}":\n${tail(output)}`)
    return Number(text)
  }
  const listed = /^\s*Response codes:(.*)$/m.exec(output)?.[1] ?? ''
  const rcodes: Record<string, number> = {}
  for (const [, rcode = '', count] of listed.matchAll(/(\w+) (\d+) \(/g)) {
    rcodes[rcode] = Number(count)
  }
  return {
    sent: numberAt('Queries sent'),
    completed: numberAt('Queries completed'),
    lost: numberAt('Queries lost'),
    rcodes,
    seconds: numberAt('Run time \\(s\\)'),
    perSecond: numberAt('Queries per second'),
  }
}

/**
 * Takes the latencies in ms out of the lines that `-v` prints, one for each answer:
 * `> NOERROR a.example A 0.000403`. A query without an answer (`> T a.example A`) has none.
 */
export function parseLatencies(output: string): Float64Array {
  const found = output.matchAll(/^> \w+ \S+ \S+ (\d+\.\d+)$/gm)
  return Float64Array.from(found, ([, seconds]) => Number(seconds) * 1000)
}

/** Parses what `dnsperf -h` prints. Undefined when it names no version. */
export function parseVersion(output: string): string | undefined {
  return /^Version (\S+)$/m.exec(output)?.[1]
}

function tail(output: string): string {
  return output.split('\n').slice(-20).join('\n')
}
