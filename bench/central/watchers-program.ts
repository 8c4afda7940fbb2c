/**
 * Light edges, many in one process: it is told where central is, how many to open, and their first number.
 * Says `open` when all have the full state, and then of each version when the last was told of it.
 */
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { LightWatch } from './light-watch.ts'

/** What the program is told. */
const ordersSchema = z.object({ central: z.string(), first: z.int(), count: z.int() })

/** Connections that are being made at a time. */
const OPENING_MAX = 50

async function beEdges({ central, first, count }: z.output<typeof ordersSchema>): Promise<void> {
  const told = new Map<number, number>()
  let isOpen = false
  const open = (number: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const onVersion = (version: number): void => {
        resolve()
        if (!isOpen) return
        const sum = (told.get(version) ?? 0) + 1
        told.set(version, sum)
        if (sum < count) return
        told.delete(version)
        process.send?.({ version, atEpochMs: systemClock.epochMs() })
      }
      const onEnd = (why: string): void => {
        reject(new Error(why))
        process.send?.({ ended: why })
      }
      // It is kept by its connection.
      void new LightWatch(central, `light-${number}`, 'acknowledges', { onVersion, onEnd })
    })
  for (let i = 0; i < count; i += OPENING_MAX) {
    const some = Math.min(OPENING_MAX, count - i)
    await Promise.all(Array.from({ length: some }, (_, k) => open(first + i + k)))
  }
  isOpen = true
  process.send?.({ open: count })
}

process.once('disconnect', () => process.exit())
process.once('message', (message) => void beEdges(ordersSchema.parse(message)))
