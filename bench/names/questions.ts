import { APEX, nameOfApp } from '../mesh/workload.ts'

/** So that two runs ask in the same order. */
const SEED = 20_261_121

/** Questions for the first `count` apps, each once, in an order that no cache of a CPU foresees. */
export function questionsOfApps(count: number): string {
  const numbers = Uint32Array.from({ length: count }, (_, i) => i)
  const random = createRandom(SEED)
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    const moved = numbers[i] ?? 0
    numbers[i] = numbers[other] ?? 0
    numbers[other] = moved
  }
  return linesOf(count, (i) => nameOfApp(numbers[i] ?? 0))
}

/** Questions for `count` random names in the zone of the apps, which do not exist; as long as theirs. */
export function questionsOfNobody(count: number): string {
  const random = createRandom(SEED)
  const label = (): string =>
    Math.floor(random() * 36 ** 6)
      .toString(36)
      .padStart(6, '0')
  // Not `app-`, by which a random label could be that of an app.
  return linesOf(count, () => `not-${label()}.${APEX}`)
}

/** Lines for dnsperf, each of a name that `nameAt` gives. */
export function linesOf(count: number, nameAt: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => `${nameAt(i)} A\n`).join('')
}

/** Numbers in 0..1 that are the same every time (mulberry32, Tommy Ettinger, public domain). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
