/** What a zone holds, as far as it matters to where a name stands; `K` is a name in some form. */
export interface ZoneNodes<K> {
  /** The name with one label less. */
  readonly parentOf: (name: K) => K
  /** The wildcard directly below a name: `*.` and the name (RFC 4592 §2.1.1). */
  readonly wildcardOf: (name: K) => K
  /** Whether anything stands at the name or below it. */
  readonly exists: (name: K) => boolean
  /** Whether it has NS records; not asked of the apex. */
  readonly isCut: (name: K) => boolean
  /** Whether it has a DNAME record. */
  readonly isRedirect: (name: K) => boolean
}

/** Where a name stands in its zone; `at` is the name whose records answer it. */
export type Standing<K> =
  /** It exists, though perhaps only by the names below it. */
  | { readonly is: 'name'; readonly at: K }
  /** At or below a zone cut: the answer is a referral. */
  | { readonly is: 'cut'; readonly at: K }
  /** Below a name with a DNAME record. */
  | { readonly is: 'redirect'; readonly at: K }
  /** It does not exist, and is answered by a wildcard. */
  | { readonly is: 'wildcard'; readonly at: K }
  | { readonly is: 'nothing' }

/**
 * Finds where a name stands in the zone with an apex, which is at or above it (RFC 1034 §4.3.2 step 3, with
 * RFC 4592 and RFC 6672). `isDs`: it is asked for its DS records, which stand above a cut.
 */
export function standingOf<K>(
  nodes: ZoneNodes<K>,
  { apex, name, isDs }: { readonly apex: K; readonly name: K; readonly isDs: boolean },
): Standing<K> {
  // From the name up to the apex.
  const path: K[] = [name]
  for (let at = name; at !== apex;) {
    at = nodes.parentOf(at)
    path.push(at)
  }
  // Step 3 matches "down, label by label": what stands highest counts.
  for (let i = path.length - 1; i >= 0; i--) {
    const at = path[i]
    if (at === undefined) break
    // RFC 4035 §3.1.4.1: the parent is authoritative for the DS records of a cut.
    if (at !== apex && nodes.isCut(at) && !(isDs && i === 0)) return { is: 'cut', at }
    // RFC 6672 §2.3: it redirects what is below its owner, not the owner.
    if (i > 0 && nodes.isRedirect(at)) return { is: 'redirect', at }
  }
  if (nodes.exists(name)) return { is: 'name', at: name }
  // RFC 4592 §3.3.1: the closest encloser is the longest ancestor that exists; the apex does.
  const encloser = path.find((at) => at === apex || nodes.exists(at)) ?? apex
  const wildcard = nodes.wildcardOf(encloser)
  // RFC 4592 §2.2.2: a wildcard that exists by the names below it only is no data.
  return nodes.exists(wildcard) ? { is: 'wildcard', at: wildcard } : { is: 'nothing' }
}
