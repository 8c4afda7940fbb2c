/** The way to a value inside a document: keys of mappings and indexes of lists. */
export type Path = readonly (string | number)[]

/** Writes a path as people read it: `listen.addresses[0]`, `labels["a.b"]`; empty for the root. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (!/^[\w$-]+$/.test(part)) text += `[${JSON.stringify(part)}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/**
 * Whether a value at this path may be a secret: a key on the way is, or ends in, token, secret,
 * password or key (`http.tokens[0]`, `apiToken`, `tls.key`). Such a value is never shown.
 */
export function isSecretPath(path: Path): boolean {
  return path.some((part) => typeof part === 'string' && isSecretWord(part))
}

/** Whether a key or the name of a variable says that its value is a secret. */
export function isSecretWord(word: string): boolean {
  return /(?:^|[a-z0-9_-])(?:token|secret|password|passphrase|credential|key)s?$/i.test(word)
}

/** Returns the value at `path`, undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

/**
 * Returns a copy of `root` with `value` at `path`. Mappings that are missing on the way are made,
 * and whatever else stands in the way of a key gives way.
 */
export function withValueAt(root: unknown, path: Path, value: unknown): unknown {
  const [head, ...rest] = path
  if (head === undefined) return value
  if (Array.isArray(root) && typeof head === 'number') {
    return root.with(head, withValueAt(root[head], rest, value))
  }
  const isMapping = typeof root === 'object' && root !== null && !Array.isArray(root)
  const inner: unknown =
    isMapping && Object.hasOwn(root, head) ? Reflect.get(root, head) : undefined
  return { ...(isMapping ? root : {}), [head]: withValueAt(inner, rest, value) }
}

/** Makes a path of what zod gives with an issue. */
export function toPath(path: readonly PropertyKey[]): Path {
  return path.map((part) => (typeof part === 'number' ? part : String(part)))
}
