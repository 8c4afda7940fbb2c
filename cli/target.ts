import { readBounded } from '../shared/config/bounded-read.ts'
import type { Environment } from '../shared/config/environment.ts'
import { findDevState } from './dev-state.ts'
import { usageError } from './failure.ts'

/** Where central listens when nothing says otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:8053'

/** The size of a file with a token. */
const TOKEN_FILE_MAX_BYTES = 64 * 1024

/** A central to talk to, and how it was found. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string
  readonly from: string
  readonly token?: string
}

export interface TargetOptions {
  readonly url?: string | undefined
  readonly tokenFile?: string | undefined
}

/**
 * Finds central: `--url`, MERIDIAN_URL, the state of `meridian dev` here or above, the default. The
 * token: `--token-file`, MERIDIAN_TOKEN, and that of `meridian dev` for its own central only.
 */
export function findTarget(options: TargetOptions, env: Environment, cwd: string): Target {
  const url = given(options.url) ?? given(env['MERIDIAN_URL'])
  const dev = findDevState(cwd)
  const from = given(options.url) !== undefined ? '--url' : 'MERIDIAN_URL'
  const isDev =
    dev !== undefined && (url === undefined || baseOf(url, from) === baseOf(dev.state.url, ''))
  const token = tokenOf(options, env) ?? (isDev ? dev.state.token : undefined)
  const found =
    url !== undefined
      ? { url: baseOf(url, from), from }
      : dev !== undefined
        ? { url: baseOf(dev.state.url, dev.file), from: dev.file }
        : { url: DEFAULT_URL, from: 'the default' }
  return token === undefined ? found : { ...found, token }
}

function tokenOf({ tokenFile }: TargetOptions, env: Environment): string | undefined {
  if (tokenFile === undefined) {
    const token = given(env['MERIDIAN_TOKEN'])
    return token === undefined ? undefined : checkToken(token, 'MERIDIAN_TOKEN')
  }
  const read = readBounded(tokenFile, TOKEN_FILE_MAX_BYTES)
  if (!read.ok) throw usageError(`--token-file: ${tokenFile} ${read.wanted}`)
  return checkToken(read.text.trim(), `--token-file: ${tokenFile}`)
}

/** Never shows the token itself. */
function checkToken(token: string, from: string): string {
  // RFC 6750 §2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return token
  throw usageError(`${from} holds no token: letters, digits and -._~+/ are wanted`)
}

/** Checks a base URL and cuts the slash at its end. Throws a usage error. */
export function baseOf(url: string, from: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw usageError(`${from}: ${JSON.stringify(url)} is not a URL such as ${DEFAULT_URL}`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw usageError(`${from}: a URL with a user or password is not wanted; use --token-file`)
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '')
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
