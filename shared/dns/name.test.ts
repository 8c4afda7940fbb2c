import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isAtOrUnder,
  nameFromMessage,
  nameFromWire,
  nameKey,
  nameToWire,
  parentOf,
  parseName,
  toName,
} from './name.ts'

const label63 = 'a'.repeat(63)
/** 255 octets in wire form: three labels of 63, one of 61, the zero octet. */
const name255 = `${label63}.${label63}.${label63}.${'b'.repeat(61)}.`

/** Wire form of a name of up to five labels of any octets. */
const wireNames = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 5 })
  .map((labels) => Buffer.concat([...labels.map((l) => Buffer.from([l.length, ...l])), zero]))
const zero = Buffer.alloc(1)

describe('parseName', () => {
  test.each([
    ['.', '.'],
    ['example', 'example.'],
    ['example.', 'example.'],
    // RFC 4343 §3: case does not matter
    ['WwW.ExAmPlE.', 'www.example.'],
    ['\\065.example', 'a.example.'],
    // RFC 1035 §5.1: \. is a dot within a label
    ['a\\.b.example', 'a\\046b.example.'],
    ['a\\\\b.example', 'a\\092b.example.'],
    ['\\000\\255.example', '\\000\\255.example.'],
    ['*._tcp.example', '*._tcp.example.'],
    ['a@b.example', 'a\\064b.example.'],
    [name255, name255],
  ])('%j becomes %j', (text, name) => {
    expect(parseName(text)).toEqual({ ok: true, name })
  })

  test.each([
    ['', 'is empty, a domain name is wanted'],
    ['..', 'has an empty label'],
    ['.example', 'has an empty label'],
    ['a..example', 'has an empty label'],
    [`${label63}a.example`, 'has a label of more than 63 octets'],
    [name255.replace('b', 'bb'), 'is 256 octets long in wire form, at most 255'],
    ['a b.example', 'has a character that must be written as \\DDD or in punycode'],
    ['b\u00fccher.example', 'has a character that must be written as \\DDD or in punycode'],
    ['a\\', 'has a character that must be written as \\DDD or in punycode'],
    ['\\256.example', 'has the escape \\256, at most \\255'],
    // RFC 1035 §5.1: "\X where X is any character other than a digit"
    ['\\1.example', 'has an escape that is neither \\DDD nor \\ and a character'],
    ['\\12x.example', 'has an escape that is neither \\DDD nor \\ and a character'],
    ['a.'.repeat(600), 'has 1200 characters, at most 1004'],
  ])('refuses %j', (text, reason) => {
    expect(parseName(text)).toEqual({ ok: false, reason })
  })

  test('takes the longest text that a name can have', () => {
    const octets = (count: number): string => '\\000'.repeat(count)
    const longest = `${octets(63)}.${octets(63)}.${octets(63)}.${octets(61)}.`
    expect(longest).toHaveLength(1004)
    expect(parseName(longest)).toEqual({ ok: true, name: longest })
  })

  test('never throws, and what it gives it takes again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        const parsed = parseName(text)
        expect(parsed.ok ? parseName(parsed.name) : parsed).toEqual(parsed)
      }),
    )
  })
})

test('toName throws for a name that is not one', () => {
  expect(toName('Example.ORG')).toBe('example.org.')
  expect(() => toName('a..b')).toThrow('name "a..b" has an empty label')
})

describe('wire form', () => {
  test.each([
    ['.', '00'],
    ['example.', '076578616d706c6500'],
    ['a\\046b.example.', '03612e62076578616d706c6500'],
  ])('of %j is %s', (name, hex) => {
    expect(nameToWire(name).toString('hex')).toBe(hex)
    expect(nameFromWire(Buffer.from(hex, 'hex'), 0)).toBe(name)
    expect(nameKey(name)).toBe(Buffer.from(hex, 'hex').toString('latin1'))
  })

  test('any wire name comes back lower-cased, by way of its text', () => {
    fc.assert(
      fc.property(wireNames, (wire) => {
        const name = nameFromWire(wire, 0)
        const lower = wire.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet))
        expect(name).toBeDefined()
        expect([...nameToWire(name ?? '.')]).toEqual([...lower])
        expect(parseName(name ?? '')).toEqual({ ok: true, name })
      }),
    )
  })

  test('RFC 1035 §2.3.4: 255 octets are a name, 256 are not', () => {
    const wire = nameToWire(name255)
    expect(wire).toHaveLength(255)
    expect(nameFromWire(wire, 0)).toBe(name255)
    const longer = Buffer.concat([wire.subarray(0, 192), Buffer.from([62]), Buffer.alloc(63)])
    expect(longer).toHaveLength(256)
    expect(nameFromWire(longer, 0)).toBeUndefined()
  })

  test('a name cut anywhere, a pointer and a reserved label type are undefined', () => {
    const wire = nameToWire('www.example.')
    for (let length = 0; length < wire.length; length++) {
      expect(nameFromWire(wire.subarray(0, length), 0)).toBeUndefined()
      expect(nameFromMessage(wire.subarray(0, length), 0)).toBeUndefined()
    }
    expect(nameFromWire(Buffer.from([0xc0, 0]), 0)).toBeUndefined()
    expect(nameFromWire(Buffer.from([0x40, 0]), 0)).toBeUndefined()
    expect(nameFromMessage(Buffer.from([0x40, 0]), 0)).toBeUndefined()
    expect(nameFromMessage(Buffer.from([0x80, 0]), 0)).toBeUndefined()
  })
})

describe('nameFromMessage, RFC 1035 §4.1.4', () => {
  // 0: example. 9: www + pointer to 0, 15: pointer to 9, 17: pointer to 17, 19: pointer to 21, 21: zero
  const wire = hex('076578616d706c6500 03777777c000 c009 c011 c015 00')

  test.each([
    [0, { name: 'example.', end: 9 }],
    [9, { name: 'www.example.', end: 15 }],
    [15, { name: 'www.example.', end: 17 }],
    [21, { name: '.', end: 22 }],
  ])('follows pointers back from %i', (off, read) => {
    expect(nameFromMessage(wire, off)).toEqual(read)
  })

  test('does not follow a pointer to itself, one ahead, or a cut one', () => {
    expect(nameFromMessage(wire, 17)).toBeUndefined()
    expect(nameFromMessage(wire, 19)).toBeUndefined()
    expect(nameFromMessage(wire.subarray(0, 16), 15)).toBeUndefined()
  })

  test('a loop of two pointers ends', () => {
    expect(nameFromMessage(Buffer.from('c002c000', 'hex'), 0)).toBeUndefined()
    expect(nameFromMessage(Buffer.from('c002c000', 'hex'), 2)).toBeUndefined()
    expect(nameFromMessage(Buffer.from('0161c000', 'hex'), 2)).toBeUndefined()
  })

  test('a chain is followed for 127 pointers and no further', () => {
    const chain = Buffer.alloc(1 + 2 * 128)
    for (let i = 0; i < 128; i++) chain.writeUInt16BE(0xc000 | Math.max(0, 2 * i - 1), 1 + 2 * i)
    expect(nameFromMessage(chain, 1 + 2 * 126)).toEqual({ name: '.', end: 255 })
    expect(nameFromMessage(chain, 1 + 2 * 127)).toBeUndefined()
  })

  test('names of 255 octets with their pointed part are good, of 256 bad', () => {
    const rest = nameToWire(name255).subarray(64)
    const at = (length: number): Buffer =>
      Buffer.concat([
        rest,
        Buffer.from([length]),
        Buffer.alloc(length, 'c'),
        Buffer.from([0xc0, 0]),
      ])
    expect(nameFromMessage(at(63), rest.length)?.end).toBe(rest.length + 66)
    const more = Buffer.concat([rest, Buffer.from([1, 0x64]), at(63).subarray(rest.length)])
    expect(nameFromMessage(more, rest.length)).toBeUndefined()
  })

  test('any octets give a name within bounds or undefined', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(70), (bytes, off) => {
        const read = nameFromMessage(bytes, off)
        expect(read?.end ?? 0).toBeLessThanOrEqual(bytes.length)
        const name = read?.name ?? '.'
        expect(parseName(name)).toEqual({ ok: true, name })
      }),
    )
  })
})

describe('relations', () => {
  test.each([
    ['www.example.', 'example.', true],
    ['example.', 'example.', true],
    ['example.', '.', true],
    ['.', '.', true],
    ['.', 'example.', false],
    ['badexample.', 'example.', false],
    ['example.', 'www.example.', false],
    // the dot of the first label is none between labels
    ['a\\046example.', 'example.', false],
  ])('%s at or under %s: %s', (name, ancestor, expected) => {
    expect(isAtOrUnder(name, ancestor)).toBe(expected)
  })

  test.each([
    ['a.b.example.', 'b.example.'],
    ['example.', '.'],
    ['.', undefined],
    ['a\\046b.example.', 'example.'],
  ])('the parent of %s is %s', (name, parent) => {
    expect(parentOf(name)).toBe(parent)
  })
})

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}
