import { describe, expect, test } from 'vitest'
import type { Precondition } from '../model/rules.ts'
import { evaluateRead, parseConditions, preconditionOf } from './etag.ts'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'

type Headers = Readonly<Record<string, string>>

function conditionsOf(headers: Headers): Parameters<typeof preconditionOf>[0] {
  const parsed = parseConditions(headers)
  if (!parsed.ok) throw new TypeError(parsed.reason)
  return parsed.conditions
}

describe('a condition of a write', () => {
  test.each<[string, Headers, number | undefined, Precondition | undefined]>([
    ['none', {}, 5, undefined],
    ['If-Match of the version', { 'if-match': '"5"' }, 5, 5],
    ['If-Match of another version', { 'if-match': '"4"' }, 5, 4],
    ['If-Match of a list with the version (RFC 9110 §13.1.1)', { 'if-match': '"4", "5"' }, 5, 5],
    ['If-Match with empty elements (RFC 9110 §5.6.1.2)', { 'if-match': ',"5",,' }, 5, 5],
    ['If-Match of a weak tag, which matches nothing', { 'if-match': 'W/"5"' }, 5, 0],
    ['If-Match of a tag from elsewhere', { 'if-match': '"abc"' }, 5, 0],
    ['If-Match *', { 'if-match': '*' }, 5, 'any'],
    ['If-Match * of nothing', { 'if-match': '*' }, undefined, 'any'],
    ['If-Match of nothing', { 'if-match': '"5"' }, undefined, 5],
    ['If-None-Match *', { 'if-none-match': '*' }, undefined, 'none'],
    ['If-None-Match of the version', { 'if-none-match': 'W/"5"' }, 5, 'none'],
    ['If-None-Match of another version', { 'if-none-match': '"4"' }, 5, undefined],
    ['both, If-Match first', { 'if-match': '"4"', 'if-none-match': '"5"' }, 5, 4],
    ['both, If-None-Match second', { 'if-match': '"5"', 'if-none-match': '"5"' }, 5, 'none'],
  ])('%s', (_title, headers, current, wanted) => {
    expect(preconditionOf(conditionsOf(headers), current)).toBe(wanted)
  })
})

describe('a condition of a read', () => {
  test.each<[string, Headers, string]>([
    ['none', {}, 'send'],
    ['If-None-Match of the version', { 'if-none-match': '"5"' }, 'not-modified'],
    ['If-None-Match of a weak tag of it', { 'if-none-match': 'W/"5"' }, 'not-modified'],
    ['If-None-Match *', { 'if-none-match': '*' }, 'not-modified'],
    ['If-None-Match of another version', { 'if-none-match': '"4"' }, 'send'],
    ['If-Match of the version', { 'if-match': '"5"' }, 'send'],
    ['If-Match of another version', { 'if-match': '"4"' }, 'failed'],
  ])('%s', (_title, headers, wanted) => {
    expect(evaluateRead(conditionsOf(headers), 5)).toBe(wanted)
  })
})

test.each(['5', '"5', 'w/"5"', '"5" "6"', '', ',', '"a,b"', '*, "5"'])(
  'a header that cannot be read is refused: %s',
  (text) => {
    expect(parseConditions({ 'if-match': text })).toMatchObject({ ok: false })
    expect(parseConditions({ 'if-none-match': text })).toMatchObject({ ok: false })
  },
)

describe('over HTTP', () => {
  const path = '/v1/clusters/sfo'
  const body = { latitude: 1, longitude: 1 }

  test('a lost update is refused with 412', async () => {
    const { call } = await startServer()
    const created = await call('PUT', path, { body, headers: { 'if-none-match': '*' } })
    const etag = created.headers.get('etag') ?? ''
    expect([created.status, etag]).toEqual([201, '"1"'])

    const mine = { body: { ...body, capacity: 1 }, headers: { 'if-match': etag } }
    expect(await call('PUT', path, mine)).toMatchObject({ status: 200, body: { version: 2 } })
    const lost = await call('PUT', path, { ...mine, body: { ...body, capacity: 2 } })
    expect(lost.status).toBe(412)
    expect(problemIn(lost)).toMatchObject({
      code: 'precondition-failed',
      detail: 'cluster sfo is at version 2, version 1 is wanted',
    })
    expect(await call('DELETE', path, { headers: { 'if-match': etag } })).toMatchObject({
      status: 412,
    })
    expect(await call('PUT', path, { body, headers: { 'if-none-match': '*' } })).toMatchObject({
      status: 412,
    })
    expect(await call('DELETE', path, { headers: { 'if-match': '"2"' } })).toMatchObject({
      status: 204,
    })
    expect(await call('PUT', path, { body, headers: { 'if-match': '*' } })).toMatchObject({
      status: 412,
    })
  })

  test('of many writers with one tag, one wins', async () => {
    const { call } = await startServer()
    await call('PUT', path, { body })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        call('PUT', path, { body: { ...body, capacity: i + 1 }, headers: { 'if-match': '"1"' } }),
      ),
    )
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
    expect(answers.filter((answer) => answer.status === 412)).toHaveLength(9)
  })

  test('a reader that has the version gets 304, with the tag and no body', async () => {
    const { call } = await startServer()
    await call('PUT', path, { body })
    const answer = await call('GET', path, { headers: { 'if-none-match': '"1"' } })
    expect(answer).toMatchObject({ status: 304, body: undefined })
    expect(answer.headers.get('etag')).toBe('"1"')
    const failed = await call('GET', path, { headers: { 'if-match': '"7"' } })
    expect(failed.status).toBe(412)
  })

  test('a zone whose serial has risen is not "not modified"', async () => {
    const { call } = await startServer()
    await call('POST', '/v1/changes', { body: smallMesh })
    const headers = { 'if-none-match': '"1"' }
    expect(await call('GET', '/v1/zones/example', { headers })).toMatchObject({ status: 304 })
    await call('DELETE', '/v1/apps/video.example')
    expect(await call('GET', '/v1/zones/example', { headers })).toMatchObject({
      status: 200,
      body: { serial: 2, version: 1 },
    })
  })

  test('a tag without quotes is 400', async () => {
    const { call } = await startServer()
    await call('PUT', path, { body })
    for (const [method, given] of [
      ['GET', {}],
      ['PUT', { body }],
      ['DELETE', {}],
    ] as const) {
      const answer = await call(method, path, { ...given, headers: { 'if-match': '1' } })
      expect(answer.status).toBe(400)
      expect(problemIn(answer).detail).toBe(
        'If-Match: 1 is not * or a list of entity tags such as "12"',
      )
    }
  })
})
