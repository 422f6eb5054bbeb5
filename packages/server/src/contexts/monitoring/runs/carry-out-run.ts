import type { VerbContext } from '../../../platform/index.js'
import type { RunPlan } from '../model.js'
import { type CompareRun, compareSidesOfRun } from './compare-sides-of-run.js'
import { judgeFigures } from './figures.js'
import { judgeRun } from './judge-run.js'
import type { RunOutcome } from './keep-report.js'
import { measureMultivariate } from './multivariate.js'
import { withSides } from './open-sides.js'
import { rowsBehind } from './opened-side.js'
import { measurePerformance } from './performance.js'
import { measureQuality } from './quality.js'
import { documentOf } from './report-document.js'
import { measureSegments } from './segments.js'

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
    const segments = await measureSegments(sides, definition, ctx.signal)
    const multivariate = await measureMultivariate(sides, definition, ctx.signal)
    const { reference, current } = sides
    return { compared, parts: { figures, segments, multivariate }, reference: reference.told, current: current.told }
  })
  const { compared, parts, reference, current } = found
  const judged = judgeRun({
    report: compared.report,
    ...parts,
    rowsMin: definition.rows_min,
    rows: { reference: rowsBehind(reference), current: rowsBehind(current) },
  })
  const document = documentOf(compared, parts)
  const { sha256 } = await ctx.blobs.put(new TextEncoder().encode(JSON.stringify(document)))
  return { ...judged, reference, current, document, sha256 }
}
