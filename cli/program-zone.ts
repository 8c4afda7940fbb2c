import type { Command } from 'commander'
import { withExamples, type Bind } from './binding.ts'

/** Adds what is done with the files of zones: `zone check`, `zone import`, `zone export`. */
export function addZoneCommands(program: Command, bind: Bind): void {
  const zone = program
    .command('zone')
    .description('check, import and export zone files (RFC 1035 master files)')

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

  const importZone = zone
    .command('import')
    .description('put a zone and its records as a zone file has them, as one change')
    .argument('<file>')
    .option('--zone <apex>', 'apex of the zone; else the file names it by $ORIGIN or its SOA')
    .option('--replace', 'delete the records of the zone that the file does not have')
    .option('--yes', 'do so, where --replace has something to delete')
    .option('--confirm', 'even when the guard of central finds that too much goes')
    .option('--dry-run', 'print what would change, change nothing')
    .option('--wait', 'end when every connected edge serves the change')
    .option('--include-anywhere', 'let $INCLUDE name files outside of the folder of the file')
  withExamples(
    importZone,
    'zone import example.zone --zone example --dry-run',
    'zone import example.zone --zone example --replace --yes --wait',
  )
  bind(importZone, async () => (await import('./commands/zone-import.ts')).importZone)

  const exportZone = zone
    .command('export')
    .description('print a zone as a zone file; what apps answer is not in it')
    .argument('<apex>')
    .option('--to <file>', 'write it there; else to stdout')
  withExamples(exportZone, 'zone export example', 'zone export example --to example.zone')
  bind(exportZone, async () => (await import('./commands/zone-export.ts')).exportZone)
}
