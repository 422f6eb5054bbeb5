import type { VerbContext } from '../../../platform/index.js'
import type { RunPlan } from '../model.js'
import { type CompareRun, compareSidesOfRun } from './compare-sides-of-run.js'
import { judgeFigures } from './figures.js'
import { judgeRun } from './judge-run.js'
import type { RunOutcome } from './keep-report.js'
import { withSides } from './open-sides.js'
import { measurePerformance } from './performance.js'
import { measureQuality } from './quality.js'
import { documentOf } from './report-document.js'

/** What a run found, before it is kept. */
type Found = Pick<RunOutcome, 'state' | 'sentence' | 'reference' | 'current' | 'document' | 'sha256'>

/** Compares, measures and judges; the report as a whole is in the blob store when it ends. */
export async function carryOutRun(ctx: VerbContext, plan: RunPlan, onColumn: CompareRun['onColumn']): Promise<Found> {
  const { definition } = plan
  const found = await withSides(ctx, plan, async (sides) => {
    const compared = await compareSidesOfRun({ plan, sides, signal: ctx.signal, onColumn })
    const measured = [
      ...(await measureQuality(sides, definition.checks)),
      ...(await measurePerformance(sides, ctx.signal)),
    ]
    const figures = judgeFigures(measured, definition.checks)
    const { reference, current } = sides
    return { compared, figures, reference: reference.told, current: current.told }
  })
  const { compared, figures, reference, current } = found
  const judged = judgeRun({ report: compared.report, figures, rowsMin: definition.rows_min })
  const document = documentOf(compared, figures)
  const { sha256 } = await ctx.blobs.put(new TextEncoder().encode(JSON.stringify(document)))
  return { ...judged, reference, current, document, sha256 }
}
