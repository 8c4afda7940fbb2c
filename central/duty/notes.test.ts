import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Note } from './notes.ts'
import { encodeMessages, MESSAGE_NOTES_MAX, NOTE_ITEMS_MAX, parseMessage } from './notes.ts'

const ID = '0123456789abcdef'
const renewed = (n: number): Note => ({
  kind: 'renewed',
  machines: Array.from({ length: n }, (_, i) => ({
    app: 'video.example.',
    cluster: 'sfo',
    machine: `vm-${i}`,
  })),
})
const notes: readonly Note[] = [
  { kind: 'beat', claims: true },
  { kind: 'joined' },
  { kind: 'vantage', session: 's', edge: 'sfo', cluster: 'sfo' },
  {
    kind: 'findings',
    session: 's',
    findings: [{ app: 'a.example.', cluster: 'sfo', state: 'DOWN', detail: 'Köln' }],
  },
  { kind: 'loads', loads: [{ app: 'a.example.', cluster: 'sfo', load: 50 }] },
  renewed(2),
]

test('notes are read back in their order, however many messages carry them', () => {
  for (const bytes of [1, 100, 300, 1_000_000]) {
    const messages = encodeMessages(ID, notes, bytes)
    const read = messages.flatMap((message) => parseMessage(message)?.notes ?? [])
    expect(read).toEqual(notes)
  }
  expect(encodeMessages(ID, notes, 1)).toHaveLength(notes.length)
  expect(encodeMessages(ID, notes, 1_000_000)).toHaveLength(1)
  expect(encodeMessages(ID, [], 100)).toEqual([])
})

test.for<[string, string]>([
  ['no JSON', 'hello'],
  ['nothing', ''],
  ['of somebody else', '{"name":"ns.example"}'],
  ['of another format', `{"meridian":2,"from":"${ID}","notes":[]}`],
  ['an id that is none', '{"meridian":1,"from":"x","notes":[]}'],
  ['an unknown kind', `{"meridian":1,"from":"${ID}","notes":[{"kind":"other"}]}`],
  [
    'too many items',
    `{"meridian":1,"from":"${ID}","notes":[${JSON.stringify(renewed(NOTE_ITEMS_MAX + 1))}]}`,
  ],
  [
    'too many notes',
    `{"meridian":1,"from":"${ID}","notes":[${Array.from({ length: MESSAGE_NOTES_MAX + 1 }, () => '{"kind":"joined"}').join()}]}`,
  ],
  [
    'a text that is too long',
    `{"meridian":1,"from":"${ID}","notes":[{"kind":"gone","session":"${'x'.repeat(301)}"}]}`,
  ],
])('what is no message is not read: %s', ([, text]) => {
  expect(parseMessage(Buffer.from(text))).toBeUndefined()
})

test('any octets are refused, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      expect(parseMessage(Buffer.from(octets))).toBeUndefined()
    }),
    { numRuns: 300 },
  )
  expect(parseMessage(null)).toBeUndefined()
})
