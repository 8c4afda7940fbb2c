import { expect, it } from 'vitest'
import type { FakeReply } from './cli.fixture.ts'
import { callCli, startFakeCentral } from './cli.fixture.ts'

const messages = { applied: 12, unchanged: 3, elsewhere: 0, refused: 1 }
const following = {
  name: 'dns',
  kind: 'kafka',
  topic: 'records',
  zones: ['example.', 'example.org.'],
  state: 'following',
  partitions: [
    { partition: 0, position: 10, end: 12, lag: 2 },
    { partition: 1, position: 6, end: 6, lag: 0 },
  ],
  messages,
}
const waiting = {
  ...following,
  name: 'late',
  state: 'waiting',
  reason: 'there is no topic records',
  partitions: [],
}
const letter = {
  number: 7,
  source: 'dns',
  topic: 'records',
  partition: 0,
  offset: 41,
  key: 'www.example.|A',
  reason: 'value-invalid',
  detail: 'the value is not JSON',
  atEpoch: 1_700_000_000_000,
}

async function run(script: Readonly<Record<string, FakeReply>>, ...args: readonly string[]) {
  const central = await startFakeCentral(script)
  const ran = await callCli([...args, '--url', central.url])
  await central.close()
  return { ...ran, lines: central.seen.map(({ line }) => line) }
}

it('sources are shown with what is left to be read, where that is known', async () => {
  const script = { 'GET /v1/sources?limit=1000': { body: { items: [following, waiting] } } }
  expect(await run(script, 'sources')).toMatchObject({
    code: 0,
    out: `NAME  TOPIC    ZONES                   STATE      LAG  APPLIED  UNCHANGED  ELSEWHERE  REFUSED  REASON
dns   records  example., example.org.  following    2       12          3          0        1  -
late  records  example., example.org.  waiting      -       12          3          0        1  there is no topic records
`,
  })
})

it('dead letters are shown with the place and the key of their messages', async () => {
  const path = '/v1/dead-letters?source=dns&reason=value-invalid&limit=1'
  const script = { [`GET ${path}`]: { body: { items: [letter] } } }
  const args = ['--source', 'dns', '--reason', 'value-invalid', '--limit', '1']
  expect(await run(script, 'dead-letters', ...args)).toMatchObject({
    code: 0,
    out: `TIME                      SOURCE  MESSAGE       KEY             REASON         DETAIL
2023-11-14T22:13:20.000Z  dns     records/0/41  www.example.|A  value-invalid  the value is not JSON
`,
    lines: [`GET ${path}`],
  })
})

it('both print what central says as JSON', async () => {
  const sources = { 'GET /v1/sources?limit=1000': { body: { items: [following] } } }
  const shown = await run(sources, 'sources', '--output', 'json')
  expect(JSON.parse(shown.out)).toEqual({ items: [following] })
  const letters = { 'GET /v1/dead-letters?limit=1000': { body: { items: [letter] } } }
  const listed = await run(letters, 'dead-letters', '--output', 'json')
  expect(JSON.parse(listed.out)).toEqual({ items: [letter] })
})
