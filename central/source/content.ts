import {
  TYPE_CNAME,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { STRING_MAX_BYTES } from '../../shared/records/strings.ts'
import { TYPE_DNAME, TYPE_NAPTR } from '../../shared/records/types.ts'

/** Types whose data ends with a name, with the number of words that it has where the priority is apart. */
const endsWithName: ReadonlyMap<number, number> = new Map([
  [TYPE_CNAME, 0],
  [TYPE_NS, 0],
  [TYPE_PTR, 0],
  [TYPE_DNAME, 0],
  [TYPE_MX, 1],
  [TYPE_SRV, 3],
  [TYPE_NAPTR, 0],
])

/**
 * Makes the data of a record, as it stands in a zone file, of `Content` and `Priority`: names are absolute
 * with or without the dot at the end, the priority of MX and SRV stands apart or in the content, and the text
 * of TXT has quotes or not. What is wrong with it comes out when it is parsed.
 */
export function rdataOf(type: number, content: string, priority: number): string {
  const text = content.trim()
  // RFC 3597 §5: what stands for data of any type.
  if (text.startsWith('\\#')) return text
  if (type === TYPE_TXT) return text.startsWith('"') ? text : quoted(content)
  if (type === TYPE_SVCB || type === TYPE_HTTPS) {
    return text.replace(/^(\S+\s+)(\S+)/, (_all, head: string, name: string) => head + dotted(name))
  }
  const words = endsWithName.get(type)
  if (words === undefined) return text
  const whole = text.replace(/\S+$/, dotted)
  const isApart = words > 0 && text.split(/\s+/).length === words
  return isApart ? `${priority} ${whole}` : whole
}

/** A name with the dot at its end. `@` stays: there is no origin that it could mean. */
function dotted(name: string): string {
  return name === '@' || name.endsWith('.') ? name : `${name}.`
}

/** Plain text as character strings (RFC 1035 §3.3.14), each as long as it may be; nothing in it is an escape. */
function quoted(text: string): string {
  const octets = Buffer.from(text)
  const strings: string[] = []
  for (let from = 0; from < octets.length || from === 0; from += STRING_MAX_BYTES) {
    let shown = ''
    for (const octet of octets.subarray(from, from + STRING_MAX_BYTES)) shown += shownOctet(octet)
    strings.push(`"${shown}"`)
  }
  return strings.join(' ')
}

function shownOctet(octet: number): string {
  const isPlain = octet >= 0x20 && octet < 0x7f && octet !== 0x22 && octet !== 0x5c
  return isPlain ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`
}
