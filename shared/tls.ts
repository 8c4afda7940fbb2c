import { readFileSync } from 'node:fs'
import { MeridianError, messageOf } from './errors.ts'

/** Reads a PEM file that the config names. Throws MERIDIAN_CONFIG_UNREADABLE with key and path. */
export function readPem(key: string, path: string): Buffer {
  let pem: Buffer
  try {
    pem = readFileSync(path)
  } catch (err) {
    const message = `${key}: ${path} cannot be read: ${messageOf(err)}`
    throw new MeridianError('MERIDIAN_CONFIG_UNREADABLE', message, { cause: err })
  }
  if (!pem.includes('-----BEGIN ')) {
    const message = `${key}: ${path} holds no PEM block, a PEM file is wanted`
    throw new MeridianError('MERIDIAN_CONFIG_UNREADABLE', message)
  }
  return pem
}

/** Whether an address is of the loopback network (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3) or its name. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(address)
}
