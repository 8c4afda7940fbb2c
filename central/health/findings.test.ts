import { expect, it } from 'vitest'
import { DETAIL_MAX_CHARACTERS, cleanDetail } from './findings.ts'

it.each([
  ['nothing of plain words', 'connection refused', 'connection refused'],
  ['control characters', 'a\u0000b\r\nc\u001b[31md\u0085e\u007f', 'abc[31mde'],
  ['what is beyond the bound', 'x'.repeat(5_000), 'x'.repeat(DETAIL_MAX_CHARACTERS)],
  ['no half of a character', `${'x'.repeat(199)}\u{1f600}`, `${'x'.repeat(199)}\ufffd`],
])('takes from a detail %s', (_, detail, clean) => {
  expect(cleanDetail(detail)).toBe(clean)
})
