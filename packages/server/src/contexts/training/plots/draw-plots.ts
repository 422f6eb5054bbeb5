import type { EvaluationReports, LearningCurveReport } from '@fabrique/ml'
import { limit } from '../../../kernel/index.js'
import { calibrationPlot, learningCurvePlot, precisionRecallPlot, rocPlot } from './curve-plots.js'
import { encodePng } from './encode-png.js'
import { type FramedPlot, framedPlot } from './plot-frame.js'
import { type Lettering, openLettering } from './plot-text.js'
import { confusionPlot, importancesPlot } from './table-plots.js'
import { predictionsPlot, residualHistogramPlot, residualsByPredictionPlot } from './value-plots.js'

/** What pictures are made of: the reports of a training. */
export interface PlottedReports extends EvaluationReports {
  readonly learning_curve?: LearningCurveReport
  /** By feature. */
  readonly feature_importances?: Readonly<Record<string, number>>
}

export interface DrawnPlots {
  /** PNG by name, without ending: those of the reports that they show. */
  readonly pictures: Readonly<Record<string, Uint8Array>>
  /** Those that could not be drawn. */
  readonly failures: readonly { readonly name: string; readonly error: unknown }[]
}

type Draw = (letters: Lettering) => string

/** The pictures that there are reports for, by name. */
function drawingsOf(reports: PlottedReports): Readonly<Record<string, Draw>> {
  const framed =
    (plot: () => FramedPlot): Draw =>
    (letters) =>
      framedPlot(letters, plot())
  const { confusion_matrix, roc_curve, precision_recall_curve, calibration_curve } = reports
  const { predictions, residuals, feature_importances, learning_curve } = reports
  const isEmpty = (list: readonly unknown[] | undefined) => list === undefined || list.length === 0
  const all: Readonly<Record<string, Draw | undefined>> = {
    confusion_matrix: confusion_matrix && ((letters) => confusionPlot(letters, confusion_matrix)),
    roc_curve: isEmpty(roc_curve) ? undefined : framed(() => rocPlot(roc_curve ?? [])),
    precision_recall_curve: isEmpty(precision_recall_curve)
      ? undefined
      : framed(() => precisionRecallPlot(precision_recall_curve ?? [])),
    calibration_curve: isEmpty(calibration_curve) ? undefined : framed(() => calibrationPlot(calibration_curve ?? [])),
    predictions: predictions && framed(() => predictionsPlot(predictions)),
    residuals_by_prediction: predictions && framed(() => residualsByPredictionPlot(predictions)),
    residuals: residuals && framed(() => residualHistogramPlot(residuals)),
    feature_importances: feature_importances && ((letters) => importancesPlot(letters, feature_importances)),
    learning_curve: learning_curve && framed(() => learningCurvePlot(learning_curve)),
  }
  return Object.fromEntries(Object.entries(all).flatMap(([name, draw]) => (draw === undefined ? [] : [[name, draw]])))
}

/** Pixels of the file for each pixel of the drawing: fewer where the file would be too large. */
const densities = [2, 1.5, 1]
/** Dots per inch of SVG at its own size. */
const svgDpi = 72
const metresPerInch = 0.0254

/**
 * The reports of a training as pictures, one after the other. A picture that fails is left out and told of: a model is worth more than its
 * pictures. Throws nothing.
 */
export async function drawPlots(reports: PlottedReports): Promise<DrawnPlots> {
  const pictures: Record<string, Uint8Array> = {}
  const failures: { name: string; error: unknown }[] = []
  const drawings = drawingsOf(reports)
  const letters = openLettering()
  for (const [name, draw] of Object.entries(drawings)) {
    try {
      pictures[name] = await toPng(draw(letters))
    } catch (error) {
      failures.push({ name, error })
    }
  }
  return { pictures, failures }
}

/** The library is loaded when the first picture is drawn: most processes draw none. */
async function toPng(svg: string): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp')
  let png: Uint8Array = Buffer.alloc(0)
  for (const density of densities) {
    const dpi = svgDpi * density
    const image = sharp(Buffer.from(svg), { density: dpi }).ensureAlpha().raw()
    const { data, info } = await image.toBuffer({ resolveWithObject: true })
    png = await encodePng({ data, width: info.width, height: info.height }, Math.round(dpi / metresPerInch))
    if (png.byteLength <= limit('training.picture_bytes_max')) break
  }
  return png
}
