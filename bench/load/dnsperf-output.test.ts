import { expect, it } from 'vitest'
import { parseLatencies, parseSummary, parseVersion } from './dnsperf-output.ts'

const output = `DNS Performance Testing Tool
Version 2.10.0

[Status] Command line: dnsperf -s 127.0.0.1 -p 5300 -d names -l 1 -v
[Status] Sending queries (to 127.0.0.1:5300)
> NOERROR a.example A 0.001523
> NXDOMAIN b.example A 0.000081
> T a.example A
> NOERROR c.example AAAA 1.200000
[Timeout] Query timed out: msg id 4
[Status] Testing complete (time limit)

Statistics:

  Queries sent:         5
  Queries completed:    4 (80.00%)
  Queries lost:         1 (20.00%)

  Response codes:       NOERROR 3 (75.00%), NXDOMAIN 1 (25.00%)
  Average packet size:  request 27, response 27
  Run time (s):         1.000339
  Queries per second:   4.998306

  Average Latency (s):  0.001145 (min 0.000403, max 0.002081)
  Latency StdDev (s):   0.000720
`

it('the statistics are read', () => {
  expect(parseSummary(output)).toEqual({
    sent: 5,
    completed: 4,
    lost: 1,
    rcodes: { NOERROR: 3, NXDOMAIN: 1 },
    seconds: 1.000339,
    perSecond: 4.998306,
  })
})

it('a run without an answer has no rcodes', () => {
  const silent = output.replace(/Response codes:.*/, 'Response codes:       ')
  expect(parseSummary(silent).rcodes).toEqual({})
})

it.each(['Queries sent', 'Queries lost', 'Run time (s)', 'Queries per second'])(
  'an output without "%s" is refused',
  (label) => {
    expect(() => parseSummary(output.replace(label, 'x'))).toThrow('dnsperf has printed no')
  },
)

it('every answered query has a latency, a lost one has none', () => {
  expect([...parseLatencies(output)]).toEqual([0.001523 * 1000, 0.081, 1200])
})

it('the version stands in a line of its own', () => {
  expect(parseVersion(output)).toBe('2.10.0')
  expect(parseVersion('Usage: dnsperf')).toBeUndefined()
})
