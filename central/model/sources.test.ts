import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { RefusedMessage } from './events.ts'
import { evolve } from './evolve.ts'
import { DEAD_LETTERS_MAX, positionOf } from './sources.ts'
import { stateHash } from './state-hash.ts'
import type { RegistryState } from './state.ts'
import { draftOf, emptyState } from './state.ts'

const place = { source: 'dns', topic: 'records', topicId: 'id', partition: 3 }

function move(state: RegistryState, from: number | undefined, next: number, topicId = 'id') {
  return decide(state, { type: 'move-source', position: { ...place, topicId, next }, from })
}

function refused(offset: number): RefusedMessage {
  const { source, topic, partition } = place
  return {
    source,
    topic,
    partition,
    offset,
    key: 'www.example.|A',
    reason: 'value-invalid',
    detail: 'why',
    atEpoch: 1,
  }
}

describe('the position of a source', () => {
  it('moves only from where it is', () => {
    const state = emptyState()
    const first = move(state, undefined, 7)
    expect(first).toEqual({ ok: true, events: [{ type: 'source-position', ...place, next: 7 }] })
    evolve(state, { version: 1, events: first.ok ? first.events : [] })
    expect(positionOf(state, place)).toBe(7)
    expect(move(state, undefined, 9)).toMatchObject({
      ok: false,
      rejection: {
        code: 'precondition-failed',
        detail: 'source dns, topic records, partition 3 is at 7, none is wanted',
      },
    })
    expect(move(state, 6, 9)).toMatchObject({ ok: false })
    expect(move(state, 7, 7)).toEqual({ ok: true, events: [] })
    expect(move(state, 7, 9)).toMatchObject({ ok: true, events: [{ next: 9 }] })
  })

  it('is of one topic: another of its name begins anew, and takes its place', () => {
    const state = emptyState()
    evolve(state, { version: 1, events: [{ type: 'source-position', ...place, next: 7 }] })
    const anew = move(state, undefined, 1, 'another')
    expect(anew.ok).toBe(true)
    evolve(state, { version: 2, events: anew.ok ? anew.events : [] })
    expect(positionOf(state, place)).toBeUndefined()
    expect(state.sources.size).toBe(1)
  })
})

describe('dead letters', () => {
  it('are kept in their order, the last of them', () => {
    const state = emptyState()
    const count = DEAD_LETTERS_MAX + 5
    for (let offset = 0; offset < count; offset++) {
      const decision = decide(state, { type: 'refuse-message', message: refused(offset) })
      if (!decision.ok) throw new Error(decision.rejection.detail)
      evolve(state, { version: offset + 1, events: decision.events })
    }
    const offsets = Array.from(state.deadLetters.values(), ({ offset }) => offset)
    expect(offsets.sort((a, b) => a - b)).toEqual(
      Array.from({ length: DEAD_LETTERS_MAX }, (_, i) => i + 5),
    )
    expect(state.refusedCount.get('all')).toBe(count)
  })

  it('of a draft stay in it, and count in the hash of the state', () => {
    const state = emptyState()
    const before = stateHash(state)
    const draft = draftOf(state)
    const events = [{ type: 'source-refused', ...refused(1) } as const]
    evolve(draft, { version: 1, events })
    expect([stateHash(state), draft.deadLetters.size]).toEqual([before, 1])
    evolve(state, { version: 1, events })
    expect(stateHash(state)).not.toBe(before)
    expect(stateHash(state)).toBe(stateHash(draft))
  })
})
