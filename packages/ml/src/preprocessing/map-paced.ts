import { createPace } from '../estimators/pace.js'
import { flowRows } from '../pipeline/flow.js'
import type { Flow } from '../pipeline/pipeline.js'

/** What a value of a column costs, in multiplications: reading it, looking it up, sorting it. */
const costOfValue = 20

/**
 * The columns mapped one after the other, with other work of the thread in between, so that a signal to stop can arrive.
 * @throws MlError `training_aborted`, and what `map` throws
 */
export async function mapPaced<Column, Result>(
  columns: readonly Column[],
  { input, signal }: { readonly input: Flow; readonly signal?: AbortSignal | undefined },
  map: (column: Column, index: number) => Result | Promise<Result>,
): Promise<Result[]> {
  const pace = createPace(signal)
  const results: Result[] = []
  for (const [index, column] of columns.entries()) {
    await pace.spend(flowRows(input) * costOfValue)
    results.push(await map(column, index))
  }
  return results
}
