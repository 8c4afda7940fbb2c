/** Findings in one message; a message with more is refused. */
export const FINDINGS_MAX = 10_000
/** What is kept of a detail. */
export const DETAIL_MAX_CHARACTERS = 200
/** What is looked at of a detail. */
const DETAIL_READ_CHARACTERS = 1_000

/** The words of an edge as they can be shown and logged: short, one line, well-formed. */
export function cleanDetail(detail: string): string {
  return detail
    .slice(0, DETAIL_READ_CHARACTERS)
    .replace(/\p{Cc}/gu, '')
    .slice(0, DETAIL_MAX_CHARACTERS)
    .toWellFormed()
}
