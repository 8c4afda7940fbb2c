/**
 * Does some work beside a run. The work is told whether the run is over, and both are waited for; when
 * the work fails, the run is told to end by its signal.
 */
export async function during<R, W>(
  begin: (signal: AbortSignal) => Promise<R>,
  work: (isOver: () => boolean) => Promise<W>,
): Promise<{ readonly result: R; readonly found: W }> {
  const ending = new AbortController()
  let over = false
  const run = begin(ending.signal).finally(() => {
    over = true
  })
  try {
    const [result, found] = await Promise.all([run, work(() => over)])
    return { result, found }
  } catch (err) {
    ending.abort()
    throw err
  }
}
