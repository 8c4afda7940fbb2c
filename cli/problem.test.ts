import { describe, expect, it } from 'vitest'
import { formatProblem } from './problem.ts'

describe('formatProblem', () => {
  it.each([
    [404, { title: 'Not Found', detail: 'no cluster sfo' }, '404 Not Found: no cluster sfo'],
    [
      409,
      { detail: 'sfo is in use', code: 'cluster-in-use' },
      '409 Conflict: sfo is in use (cluster-in-use)',
    ],
    [
      422,
      {
        detail: 'bad body',
        errors: [
          { path: '/a/0', value: 'x', detail: 'is not an address' },
          { path: '/b', detail: 'is missing' },
        ],
      },
      '422 Unprocessable Entity: bad body; /a/0: "x" is not an address; /b: is missing',
    ],
    [401, { title: 'Unauthorized' }, '401 Unauthorized'],
    [502, undefined, '502 Bad Gateway'],
    [502, 'a string', '502 Bad Gateway'],
    [500, { title: 5, detail: ['x'], errors: 'many' }, '500 Internal Server Error'],
    [599, {}, '599'],
  ])('%i', (status, body, text) => {
    expect(formatProblem({ status, body })).toBe(text)
  })

  it('names at most 20 fields', () => {
    const errors = Array.from({ length: 30 }, (_, i) => ({ path: `/${i}`, detail: 'is wrong' }))
    expect(formatProblem({ status: 422, body: { errors } })).toMatch(/\/19: is wrong; 10 more$/)
  })
})
