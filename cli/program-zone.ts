import type { Command } from 'commander'
import { withExamples, type Bind } from './binding.ts'

/** Adds what is done with the files of zones: `zone check`. */
export function addZoneCommands(program: Command, bind: Bind): void {
  const zone = program.command('zone').description('look at zone files (RFC 1035 master files)')

  const check = zone
    .command('check')
    .description('check a zone file: its records and the rules of a zone; exit code 2 when wrong')
    .argument('<file>')
    .option('--origin <name>', 'apex of the zone; else the file names it by $ORIGIN or its SOA')
    .option('--include-anywhere', 'let $INCLUDE name files outside of the folder of the file')
  withExamples(
    check,
    'zone check example.zone --origin example',
    'zone check example.zone --output json',
  )
  bind(check, async () => (await import('./commands/zone-check.ts')).checkZone)
}
