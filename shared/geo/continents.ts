/** Codes of the continents, as MaxMind and GeoNames write them. */
export const continentCodes = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const

export type ContinentCode = (typeof continentCodes)[number]

/**
 * The countries of ISO 3166-1 alpha-2 by continent. Where a country lies on two, or on none, it stands
 * where GeoNames has it, so that what comes from a GeoIP database and what is registered agree.
 */
const countries: Readonly<Record<ContinentCode, string>> = {
  AF:
    'AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR ' +
    'MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW',
  AN: 'AQ BV GS HM TF',
  AS:
    'AE AF AM AZ BD BH BN BT CC CN GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO ' +
    'MV MY NP OM PH PK PS QA SA SG SY TH TJ TM TR TW UZ VN YE',
  EU:
    'AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU ' +
    'LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA',
  NA:
    'AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM ' +
    'PR SV SX TC TT US VC VG VI',
  OC: 'AS AU CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF WS',
  SA: 'AR BO BR CL CO EC FK GF GY PE PY SR UY VE',
}

const continents: ReadonlyMap<string, ContinentCode> = new Map(
  continentCodes.flatMap((continent) =>
    countries[continent].split(' ').map((country) => [country, continent] as const),
  ),
)

/** The continent of a country, by its ISO 3166-1 alpha-2 code; undefined when there is no such code. */
export function continentOf(country: string): ContinentCode | undefined {
  return continents.get(country)
}

/** All codes of ISO 3166-1 alpha-2, in no order. */
export function countryCodes(): Iterable<string> {
  return continents.keys()
}
