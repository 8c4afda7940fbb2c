import { TYPE_A, TYPE_MX, TYPE_SOA } from '../../../shared/dns/codes.ts'
import type { Shape } from '../exchange.ts'

/** What RFC 8906 §8 asks for, and what else an answer can be. */
export interface Subject {
  readonly what: string
  readonly qname: string
  readonly qtype: number
  /** The answer to a plain query, without EDNS. */
  readonly plain: Shape
  /** The EDNS options of the answer to a query that has EDNS and asks for none. */
  readonly options: readonly number[]
}

/** RFC 6895 §3.1: a type that nobody has defined. */
export const TYPE_UNKNOWN = 1000

const negative = { answer: [], authority: ['SOA'], additional: [], edns: undefined }

/** The SOA that the RFC asks for, and an answer of every other kind. */
export const subjects: readonly Subject[] = [
  {
    what: 'SOA of the apex',
    qname: 'example',
    qtype: TYPE_SOA,
    plain: {
      status: 'NOERROR',
      flags: 'qr aa',
      answer: ['SOA'],
      authority: [],
      additional: [],
      edns: undefined,
    },
    options: [],
  },
  {
    what: 'addresses of an app',
    qname: 'video.example',
    qtype: TYPE_A,
    plain: {
      status: 'NOERROR',
      flags: 'qr aa',
      answer: ['A', 'A'],
      authority: [],
      additional: [],
      edns: undefined,
    },
    options: [],
  },
  {
    what: 'NODATA',
    qname: 'video.example',
    qtype: TYPE_MX,
    plain: { status: 'NOERROR', flags: 'qr aa', ...negative },
    options: [],
  },
  {
    what: 'NXDOMAIN',
    qname: 'nothing.example',
    qtype: TYPE_A,
    plain: { status: 'NXDOMAIN', flags: 'qr aa', ...negative },
    options: [],
  },
  {
    what: 'REFUSED, outside of every zone',
    qname: 'www.example.org',
    qtype: TYPE_A,
    plain: { status: 'REFUSED', flags: 'qr', ...negative, authority: [] },
    // The reason: Extended DNS Error, Not Authoritative.
    options: [15],
  },
]
