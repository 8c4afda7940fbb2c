import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Command } from '../../central/model/decide.ts'
import { ManualClock } from '../../shared/clock.ts'
import { TYPE_A, TYPE_TXT } from '../../shared/dns/codes.ts'
import { MeshEdge } from './zone-mesh.ts'
import type { Said } from './zone-mesh.ts'
import { apexes, meshWith, question, rrsetOf, step } from './zone-steps.ts'

/** A clock of which each look at it takes a millisecond, so that work in slices has many of them. */
class SlowClock extends ManualClock {
  override nowMs(): number {
    this.advance(1)
    return super.nowMs()
  }
}

/** Serials follow a moment later. */
function withoutSerial(said: Said): Said {
  const strip = (record: string): string =>
    record.replace(/ SOA (\S+ \S+) \d+ /, (_, names: string) => ` SOA ${names} 0 `)
  return { ...said, answer: said.answer.map(strip), authority: said.authority.map(strip) }
}

/** So many names that what is below others takes some time, and as many that lead there. */
const crowd = Array.from({ length: 20 }, (_, i) => [
  rrsetOf(`n${i}.${i % 2 === 0 ? 'a' : 'a.c'}.example.`, 'A', '192.0.2.2'),
  rrsetOf(`to${i}.example.`, 'CNAME', `n${i}.a.example.`),
]).flat()

const inCrowd = fc.record({
  qname: fc.constantFrom(
    'n2.a.example.',
    'to2.example.',
    'n3.a.c.example.',
    'to19.example.',
    'x.n2.a.example.',
  ),
  qtype: fc.constantFrom(TYPE_A, TYPE_TXT),
})
const cut = fc
  .tuple(fc.constantFrom('a.example.', 'c.example.', 'a.c.example.', '*.a.example.'), fc.boolean())
  .map(([name, isThere]): readonly Command[] =>
    isThere
      ? [rrsetOf(name, name.startsWith('*') ? 'CNAME' : 'NS', 'ns.example.')]
      : [{ type: 'delete-rrset', name, rrtype: name.startsWith('*') ? 'CNAME' : 'NS' }],
  )

it('while a change is worked off a data thread answers as before it or as after it', async () => {
  const seen = { before: 0, after: 0, slices: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(step, cut), { minLength: 3, maxLength: 20 }),
      fc.array(fc.oneof(question, inCrowd), { minLength: 10, maxLength: 20 }),
      async (steps, questions) => {
        const mesh = meshWith(apexes.slice(0, 2))
        mesh.write(...crowd)
        const edge = new MeshEdge(mesh, 'full', new SlowClock())
        edge.settle()
        await edge.settled()
        for (const commands of steps) {
          const before = await Promise.all(
            questions.map(({ qname, qtype }) => edge.ask(qname, qtype)),
          )
          // A command at a time: there is no state between two of them.
          mesh.write(...commands.slice(0, 1))
          edge.settle()
          const after = await Promise.all(
            questions.map(({ qname, qtype }) => edge.ask(qname, qtype)),
          )
          for (let isDone = false; !isDone; seen.slices++) {
            for (const [i, { qname, qtype }] of questions.entries()) {
              const found = edge.look(qname, qtype)
              const [old, now] = [before[i], after[i]]
              if (found === undefined || old === undefined || now === undefined) continue
              const said = withoutSerial(found)
              const may = [withoutSerial(now), withoutSerial(old)]
              const isOne = may.some((one) => isDeepStrictEqual(one, said))
              expect({ qname, qtype, said, may, isOne }).toMatchObject({ isOne: true })
              if (JSON.stringify(old) !== JSON.stringify(now)) {
                seen[JSON.stringify(said) === JSON.stringify(may[0]) ? 'after' : 'before']++
              }
            }
            isDone = edge.isSettled
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
      },
    ),
    { numRuns: 4 },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0)
})
