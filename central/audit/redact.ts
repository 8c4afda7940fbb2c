/** What stands in place of a secret. */
const REDACTED = '[redacted]'

/** Keys whose values are secrets, wherever they stand. */
const secretKey = /token|secret|password|passphrase|credential|authorization|cookie|api-?key/i

/** What URLs and paths may carry beside their place: a user with a password, and a query. */
const userinfo = /(\b[a-z][a-z0-9+.-]*:\/\/)[^/?#\s@]*@/gi
const urlQuery = /(\b[a-z][a-z0-9+.-]*:\/\/[^?#\s]*)[?#][^\s]*/gi

/**
 * Returns a value without what may be a secret: values of keys that say so, all values of `headers`, users
 * and queries of URLs, the query of a check's path. What an operator registers is for everybody to
 * read; that an audit goes further than the registry is not wanted.
 */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(userinfo, `$1${REDACTED}@`).replace(urlQuery, `$1?${REDACTED}`)
  }
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [key, redactUnder(key, inner)]),
  )
}

function redactUnder(key: string, value: unknown): unknown {
  if (secretKey.test(key) && value !== undefined && typeof value !== 'object') return REDACTED
  if (key === 'headers' && typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.keys(value).map((name) => [name, REDACTED]))
  }
  if (key === 'path' && typeof value === 'string') return value.replace(/\?.*$/s, `?${REDACTED}`)
  return redact(value)
}
