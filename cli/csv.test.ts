import { expect, it } from 'vitest'
import { csvLine } from './csv.ts'

it.each([
  [['a', 1, undefined, null, true], 'a,1,,,true\r\n'],
  [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"\r\n'],
  [['=1+1', '@x', '-1', '+1', -1], "'=1+1,'@x,'-1,'+1,-1\r\n"],
  [[{ a: 'b' }, ['c']], '"{""a"":""b""}","[""c""]"\r\n'],
])('writes %j (RFC 4180 §2)', (values, line) => {
  expect(csvLine(values)).toBe(line)
})
