/** Hears one line about what is being done. */
export type Progress = (line: string) => void
