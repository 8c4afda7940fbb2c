import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../../shared/package-root.ts'

const pomFile = join(packageRoot(), 'deploy/dev/kafka/pom.xml')
/** Removed with the packages, as what is made of them is. */
const cacheFolder = join(packageRoot(), 'node_modules/.cache/meridian-kafka')
/** The first time Maven downloads about 50 MB. */
const MAVEN_TIMEOUT_MS = 600_000

/**
 * Returns the folder with the jars of the broker; Maven copies them there the first time. Throws, with
 * what to install, when Maven is not there or fails.
 */
export async function kafkaJars(): Promise<string> {
  const pom = readFileSync(pomFile, 'utf8')
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1]
  if (version === undefined) throw new Error(`${pomFile} names no version of kafka_2.13`)
  const folder = join(cacheFolder, version)
  if (existsSync(folder)) return folder
  mkdirSync(cacheFolder, { recursive: true })
  // Under another name until all are there: a copy that was broken off is never taken for a whole one.
  const temporary = `${folder}.new-${process.pid}`
  try {
    await promisify(execFile)(
      'mvn',
      ['-q', '-B', '-f', pomFile, 'dependency:copy-dependencies', `-DoutputDirectory=${temporary}`],
      { timeout: MAVEN_TIMEOUT_MS },
    )
    if (!existsSync(folder)) renameSync(temporary, folder)
  } catch (err) {
    const message =
      'Maven cannot fetch Kafka; wanted are Java 17 or later and Maven: apt-get install maven'
    throw new Error(message, { cause: err })
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  return folder
}
