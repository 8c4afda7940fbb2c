import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { TestHub } from './bulletin.fixture.ts'
import type { TestBulletin } from './bulletin.fixture.ts'
import { Duty } from './duty.ts'

/** Centrals whose time passes when the test says so. */
class Centrals {
  readonly clock = new ManualClock()
  readonly #hub = new TestHub()
  readonly #all = new Map<string, { readonly bulletin: TestBulletin; readonly duty: Duty }>()

  add(...names: readonly string[]): this {
    for (const name of names) {
      const bulletin = this.#hub.add(name)
      const logger = createLogger('silent', {})
      this.#all.set(name, { bulletin, duty: new Duty({ bulletin, clock: this.clock, logger }) })
    }
    return this
  }

  /** Lets seconds pass; returns who has the duty then. */
  pass(seconds: number): string {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1_000)
      for (const { duty } of this.#all.values()) duty.tick()
    }
    return [...this.#all].flatMap(([name, { duty }]) => (duty.isOn ? [name] : [])).join()
  }

  bulletin(name: string): TestBulletin | undefined {
    return this.#all.get(name)?.bulletin
  }

  duty(name: string): Duty | undefined {
    return this.#all.get(name)?.duty
  }
}

test('a central that is alone takes the duty when it has listened for 5 s', () => {
  const centrals = new Centrals().add('a')
  expect(centrals.pass(5)).toBe('')
  expect(centrals.pass(1)).toBe('a')
})

test('of those that begin at once the lowest id has it', () => {
  const centrals = new Centrals().add('c', 'a', 'b')
  expect(centrals.pass(10)).toBe('a')
  expect(centrals.duty('b')?.centrals.size).toBe(3)
})

test('whoever has it keeps it, though a lower id comes', () => {
  const centrals = new Centrals().add('b')
  centrals.pass(10)
  centrals.add('a')
  expect(centrals.pass(20)).toBe('b')
})

test('it goes to another one when its holder is silent, and does not come back by itself', () => {
  const centrals = new Centrals().add('a', 'b', 'c')
  centrals.pass(10)
  centrals.bulletin('a')?.cutOff()
  // It does not hear itself either: there is a moment without, and none with two.
  expect(centrals.pass(4)).toBe('a')
  expect(centrals.pass(2)).toBe('b')
  centrals.bulletin('a')?.reach()
  expect(centrals.pass(20)).toBe('b')
})

test('it goes at once when its holder leaves', () => {
  const centrals = new Centrals().add('a', 'b')
  centrals.pass(10)
  centrals.duty('a')?.leave()
  centrals.bulletin('a')?.cutOff()
  expect(centrals.pass(1)).toBe('b')
})

test('of two that both say to have it the lower id keeps it', () => {
  const centrals = new Centrals().add('a', 'b')
  centrals.bulletin('a')?.cutOff()
  centrals.pass(10)
  expect(centrals.duty('b')?.isOn).toBe(true)
  // A claim out of nowhere: as of a central that was stopped in its steps and goes on.
  centrals.bulletin('a')?.reach()
  centrals.bulletin('a')?.post({ kind: 'beat', claims: true })
  expect(centrals.duty('b')?.isOn).toBe(false)
})
