import { expect, it } from 'vitest'
import { EVENT_SCHEMA } from '../model/events.ts'
import { decodeRecord } from './record.ts'

const at = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1' }

function decode(schema: number, events: readonly object[]): readonly object[] {
  const change = { schema, atEpoch: 1, actor: 'system', cause: 'machines', events }
  return decodeRecord('events.sqlite', 7, JSON.stringify(change)).events
}

it('the end of a lease in a record of schema 3 is told in the present word', () => {
  const rest = { type: 'cluster-deleted', id: 'expired' }
  const wrote = [
    { type: 'machine-withdrawn', ...at, why: 'expired' },
    { type: 'machine-unregistered', ...at, why: 'expired' },
    { type: 'endpoint-unforced', app: at.app, cluster: at.cluster, why: 'expired' },
    { type: 'machine-unregistered', ...at, why: 'left' },
    rest,
  ]
  expect(decode(3, wrote)).toEqual([
    { type: 'machine-withdrawn', ...at, why: 'lease-expired' },
    { type: 'machine-unregistered', ...at, why: 'lease-expired' },
    { type: 'endpoint-unforced', app: at.app, cluster: at.cluster, why: 'expired' },
    { type: 'machine-unregistered', ...at, why: 'left' },
    rest,
  ])
})

it('a record of the present schema is read as it is', () => {
  const wrote = [{ type: 'machine-withdrawn', ...at, why: 'failed-health' }]
  expect(decode(EVENT_SCHEMA, wrote)).toEqual(wrote)
})

it.each([
  { schema: 1, events: [{ type: 'app-deleted', name: 'video.example.' }] },
  {
    schema: 2,
    events: [
      {
        type: 'endpoint-health',
        app: at.app,
        cluster: at.cluster,
        state: 'up',
        sinceEpoch: 1,
        reports: [],
      },
    ],
  },
  {
    schema: 3,
    events: [{ type: 'endpoint-unforced', app: at.app, cluster: at.cluster, why: 'expired' }],
  },
  { schema: 4, events: [{ type: 'machine-unregistered', ...at, why: 'lease-expired' }] },
])(
  'what a record of schema $schema says in words of today stays as it is',
  ({ schema, events }) => {
    expect(decode(schema, events)).toEqual(events)
  },
)

it.each([
  [1, 'lease-expired'],
  [2, 'lease-expired'],
  [3, 'lease-expired'],
  [4, 'expired'],
])('an end in the word of before schema 4, in a record of schema %i', (schema, why) => {
  const wrote = [{ type: 'machine-withdrawn', ...at, why: 'expired' }]
  expect(decode(schema, wrote)).toEqual([{ type: 'machine-withdrawn', ...at, why }])
})
