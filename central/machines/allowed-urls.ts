/**
 * Says whether a URL is one of the allowed ones or below one: `http://h.example/end` allows itself,
 * `http://h.example/end?x` and `http://h.example/end/x`, not `http://h.example/ends`. All are canonical
 * (WHATWG), so that a dotted path cannot lead out.
 */
export function isAllowedUrl(url: string, allowed: readonly string[]): boolean {
  return allowed.some(
    (prefix) =>
      url === prefix ||
      (url.startsWith(prefix) && (prefix.endsWith('/') || /^[/?]/.test(url.slice(prefix.length)))),
  )
}
