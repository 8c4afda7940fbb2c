import { generateKeyPairSync, sign } from 'node:crypto'

/** A certificate for 127.0.0.1 that signs itself, with its key, both as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Makes a certificate for tests: Node can read X.509 but not write it, so the DER is put together here. */
export function createCertificate(kind: 'ed25519' | 'p-256' = 'ed25519'): Certificate {
  const { publicKey, privateKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // RFC 8410 §3, RFC 5758 §3.2: the identifiers of Ed25519 and of ECDSA with SHA-256 have no parameters.
  const algorithm = sequence(
    kind === 'ed25519'
      ? oid(0x2b, 0x65, 0x70)
      : oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02),
  )
  const commonName = sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('test')))
  const name = sequence(der(0x31, commonName))
  const validity = sequence(time('20000101000000Z'), time('29990101000000Z'))
  // RFC 5280 §4.2.1.6: an iPAddress is the octets of the address.
  const alternatives = sequence(der(0x87, Buffer.from([127, 0, 0, 1])))
  const extension = sequence(oid(0x55, 0x1d, 0x11), der(0x04, alternatives))
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  )
  const signature = der(
    0x03,
    Buffer.from([0]),
    sign(kind === 'ed25519' ? null : 'sha256', toBeSigned, privateKey),
  )
  const whole = sequence(toBeSigned, algorithm, signature).toString('base64')
  const lines = (whole.match(/.{1,64}/g) ?? []).join('\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Tag, length and content (X.690 §8.1). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function oid(...octets: readonly number[]): Buffer {
  return der(0x06, Buffer.from(octets))
}

function time(text: string): Buffer {
  return der(0x18, Buffer.from(text))
}
