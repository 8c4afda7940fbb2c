import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queryBytes } from '../../../edge/query/query-bytes.ts'
import { TYPE_A, TYPE_MX } from '../../../shared/dns/codes.ts'
import { addressesOf } from '../../support/dns-client.ts'
import { exchange, nameOf, rawName } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

/** The qname of a message, and for the owner a pointer is as good. */
function qnameOf(raw: Buffer, like: Buffer): string {
  return raw.toString('latin1', 12, 12 + like.length)
}

/** The text with the letters upper case where `pattern` has a bit. */
function withCase(text: string, pattern: number): string {
  return text.replaceAll(/./g, (letter, i: number) =>
    (pattern >> i) & 1 ? letter.toUpperCase() : letter,
  )
}

describe('§4.1 every case of a name is the same name, and the answer has the query’s', () => {
  it.each([
    ['an app', 'video.example', TYPE_A, 'NOERROR'],
    ['NODATA', 'video.example', TYPE_MX, 'NOERROR'],
    ['NXDOMAIN', 'nothing.example', TYPE_A, 'NXDOMAIN'],
    ['REFUSED', 'www.example.org', TYPE_A, 'REFUSED'],
  ])('%s', async (_what, name, qtype, rcode) => {
    const inLowerCase = await exchange(edge.dns, queryBytes({ qname: nameOf(name), qtype }))
    const pattern = fc.nat({ max: 2 ** name.length - 1 })
    await fc.assert(
      fc.asyncProperty(pattern, async (bits) => {
        const qname = nameOf(withCase(name, bits))
        const response = await exchange(edge.dns, queryBytes({ qname, qtype }))
        expect(response.rcode).toBe(rcode)
        expect(qnameOf(response.raw, qname)).toBe(qname.toString('latin1'))
        // The rest is the same to the octet: names in it are pointers, or spelled as registered.
        const rest = 12 + qname.length
        expect(response.raw.subarray(rest)).toEqual(inLowerCase.raw.subarray(rest))
      }),
      { numRuns: 50 },
    )
  })

  it('asking in another case makes no second entry of a name', async () => {
    const resolved = (): Promise<number> =>
      edge.metric('meridian_edge_replica_resolve_duration_seconds_count')
    await edge.answers('deep.below.example', '192.0.2.77')
    const before = await resolved()
    for (const name of ['DEEP.below.example', 'deep.BELOW.EXAMPLE', 'dEEp.bElOw.ExAmPlE']) {
      expect(await edge.addresses(name)).toBe('192.0.2.77')
    }
    expect(before).toBeGreaterThan(0)
    expect(await resolved()).toBe(before)
  })
})

describe('§3 only A to Z and a to z are equal', () => {
  it('the app whose name has @ and [ is found', async () => {
    const response = await exchange(edge.dns, queryBytes({ qname: rawName('@[', 'example') }))
    expect(addressesOf(response)).toEqual(['192.0.2.4'])
  })

  it.each([
    ['the backquote is not @', rawName('`[', 'example')],
    ['{ is not [', rawName('@{', 'example')],
    ['an octet above 127 is not folded', rawName('\xc0[', 'example')],
  ])('%s', async (_what, qname) => {
    const response = await exchange(edge.dns, queryBytes({ qname }))
    expect(response.rcode).toBe('NXDOMAIN')
  })
})
