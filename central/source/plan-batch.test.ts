import { describe, expect, it } from 'vitest'
import { decide } from '../model/decide.ts'
import type { Command } from '../model/decide.ts'
import { evolve } from '../model/evolve.ts'
import { positionOf } from '../model/sources.ts'
import type { RegistryState } from '../model/state.ts'
import { emptyState } from '../model/state.ts'
import { appSchema, zoneSchema } from '../../shared/registry/schema.ts'
import { readMessage } from './form.ts'
import { rawMessage, streamRecord } from './messages.fixture.ts'
import type { PlannedBatch, TakenMessage } from './plan-batch.ts'
import { planBatch } from './plan-batch.ts'

const zones = new Set(['example.', 'example.org.'])
const place = { source: 'dns', topicId: 'id', partition: 0 }

/** A mesh that has the zones, one of others below, and an app. */
class Mesh {
  readonly state: RegistryState = emptyState()
  #version = 0

  constructor() {
    const zone = (apex: string) => zoneSchema.parse({ apex, ns: [`ns.${apex}`] })
    this.do({ type: 'put-zone', zone: zone('example.') })
    this.do({ type: 'put-zone', zone: zone('other.example.') })
    this.do({ type: 'put-zone', zone: zone('example.org.') })
    this.do({ type: 'put-app', app: appSchema.parse({ name: 'app.example.' }) })
  }

  do(...commands: readonly Command[]): void {
    this.#version++
    for (const command of commands) {
      const decision = decide(this.state, command)
      if (!decision.ok) throw new Error(decision.rejection.detail)
      evolve(this.state, { version: this.#version, events: decision.events })
    }
  }

  /** Takes messages as they come, each with an offset of its own. */
  take(messages: readonly TakenMessage[], cnameReplaces = true): PlannedBatch {
    const from = positionOf(this.state, place)
    const next = (from ?? 0) + messages.length
    const position = { ...place, topic: 'records', next }
    const batch = { position, from, messages, atEpoch: 1 }
    const planned = planBatch(this.state, batch, { zones, cnameReplaces })
    this.do(...planned.commands)
    return planned
  }

  /** Name and type of all rrsets. */
  get rrsets(): readonly string[] {
    return [...this.state.records.values()]
      .flat()
      .map(({ value }) => `${value.name} ${value.type}`)
      .sort()
  }

  get letters(): readonly string[] {
    return Array.from(this.state.deadLetters.values(), ({ key, reason }) => `${key} ${reason}`)
  }
}

function message(name: string, type: string, ...contents: string[]): TakenMessage {
  const key = `${name}|${type}`
  const value = contents.map((content) => streamRecord(name, type, content))
  return { offset: 0, key, wanted: readMessage(rawMessage(key, value), () => true) }
}

const put = {
  a: message('www.example.', 'A', '192.0.2.1'),
  txt: message('www.example.', 'TXT', 'text'),
  srv: message('www.example.', 'SRV', '1 1 1 a.example'),
  cname: message('www.example.', 'CNAME', 'a.example'),
}

describe('what messages of a batch amount to', () => {
  it('puts and deletes hold in their order, and the position is behind them all', () => {
    const mesh = new Mesh()
    const gone = message('www.example.', 'A')
    const { results } = mesh.take([put.a, gone, put.a, put.txt, message('example.', 'MX', '1 a')])
    expect(results).toEqual({ applied: 5, unchanged: 0, elsewhere: 0, refused: 0 })
    expect(mesh.rrsets).toEqual(['example. MX', 'www.example. A', 'www.example. TXT'])
    expect(positionOf(mesh.state, place)).toBe(5)
  })

  it('what is so already changes nothing but the position', () => {
    const mesh = new Mesh()
    mesh.take([put.a])
    const { results, commands } = mesh.take([put.a, message('gone.example.', 'A')])
    expect(results).toEqual({ applied: 0, unchanged: 2, elsewhere: 0, refused: 0 })
    expect(commands).toMatchObject([{ type: 'move-source' }])
  })

  it('names in other zones are let be, those of a zone below too', () => {
    const mesh = new Mesh()
    const elsewhere: TakenMessage = { offset: 0, key: 'a.test.|A', wanted: { kind: 'elsewhere' } }
    const below = message('www.other.example.', 'A', '192.0.2.1')
    expect(mesh.take([elsewhere, below, message('www.other.example.', 'A')]).results).toEqual({
      applied: 0,
      unchanged: 0,
      elsewhere: 3,
      refused: 0,
    })
    expect(mesh.rrsets).toEqual([])
  })

  it('what breaks a rule or the form is a dead letter, and the rest holds', () => {
    const mesh = new Mesh()
    const bad = message('bad.example.', 'A', 'nonsense')
    const onApp = message('app.example.', 'A', '192.0.2.1')
    const atApex = message('example.', 'CNAME', 'a.example')
    const { results, reasons } = mesh.take([put.a, bad, onApp, atApex, put.txt])
    expect(results).toEqual({ applied: 2, unchanged: 0, elsewhere: 0, refused: 3 })
    expect(reasons).toEqual(['record-invalid', 'app-and-records', 'cname-and-other-data'])
    expect(mesh.letters).toEqual([
      'bad.example.|A record-invalid',
      'app.example.|A app-and-records',
      'example.|CNAME cname-and-other-data',
    ])
    expect(mesh.rrsets).toEqual(['www.example. A', 'www.example. TXT'])
  })

  it('a zone that is gone is a rule that is broken', () => {
    const mesh = new Mesh()
    mesh.do({ type: 'delete-zone', apex: 'example.org.' })
    expect(mesh.take([message('www.example.org.', 'A', '192.0.2.1')]).reasons).toEqual([
      'zone-missing',
    ])
  })
})

describe('a CNAME that comes', () => {
  it('takes the place of addresses and texts', () => {
    const mesh = new Mesh()
    mesh.take([put.a, put.txt, put.cname])
    expect(mesh.rrsets).toEqual(['www.example. CNAME'])
  })

  it('does so not when it is not to', () => {
    const mesh = new Mesh()
    expect(mesh.take([put.a, put.cname], false).reasons).toEqual(['cname-and-other-data'])
    expect(mesh.rrsets).toEqual(['www.example. A'])
  })

  it('takes away nothing when it cannot stand there all the same', () => {
    const mesh = new Mesh()
    expect(mesh.take([put.a, put.srv, put.cname]).reasons).toEqual(['cname-and-other-data'])
    expect(mesh.rrsets).toEqual(['www.example. A', 'www.example. SRV'])
    const apex = message('example.', 'CNAME', 'a.example')
    expect(mesh.take([message('example.', 'TXT', 'text'), apex]).results.refused).toBe(1)
    expect(mesh.rrsets).toContain('example. TXT')
  })

  it('has others refused while it is there', () => {
    const mesh = new Mesh()
    expect(mesh.take([put.cname, put.a]).reasons).toEqual(['cname-and-other-data'])
    expect(mesh.take([message('www.example.', 'CNAME'), put.a]).results.applied).toBe(2)
    expect(mesh.rrsets).toEqual(['www.example. A'])
  })
})

it('messages that somebody else has taken change nothing', () => {
  const mesh = new Mesh()
  mesh.take([put.a])
  const position = { ...place, topic: 'records', next: 9 }
  for (const from of [undefined, 0, 2]) {
    const batch = { position, from, messages: [put.txt], atEpoch: 1 }
    const planned = planBatch(mesh.state, batch, { zones, cnameReplaces: true })
    expect(planned).toMatchObject({ hasMoved: true, commands: [] })
  }
})

it('a topic that was made anew is read from its beginning', () => {
  const mesh = new Mesh()
  mesh.take([put.a])
  const position = { ...place, topicId: 'another', topic: 'records', next: 1 }
  const batch = { position, from: undefined, messages: [put.txt], atEpoch: 1 }
  const planned = planBatch(mesh.state, batch, { zones, cnameReplaces: true })
  expect(planned.hasMoved).toBe(false)
  mesh.do(...planned.commands)
  expect([positionOf(mesh.state, position), positionOf(mesh.state, place)]).toEqual([1, undefined])
})
