import type { ArtifactEntry } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { apiPath } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { EmptyState } from '../empty-state.jsx'
import { Load } from '../load.jsx'
import { useSeen } from '../use-seen.js'
import { ClassScoresReport } from './class-scores-report.jsx'
import { ConfusionReport } from './confusion-report.jsx'
import { CalibrationReport, PrecisionRecallReport, RocReport } from './curve-report.jsx'
import { ImportanceReport } from './importance-report.jsx'
import { LeaderboardReport } from './leaderboard-report.jsx'
import { LearningCurveReport } from './learning-curve-report.jsx'
import {
  readBins,
  readClassReport,
  readConfusionMatrix,
  readCurves,
  readImportances,
  readLeaderboard,
  readLearningCurve,
  readPairs,
  readSearch,
} from './read-reports.js'
import { reportFolder } from './report-files.js'
import { SearchReport } from './search-report.jsx'
import { type ReportTexts, useReportTexts } from './use-report-texts.js'
import { ResidualHistogram, ResidualsReport, ValuesReport } from './value-reports.jsx'
import './reports.css'

/** One card: drawn from a file, if the file is there. */
interface Card {
  /** File name without folder and ending. */
  readonly file: string
  /** PNG of the same name unless told. */
  readonly picture?: string
  readonly title: (texts: ReportTexts) => string
  /** Takes the whole width. */
  readonly isWide?: boolean
  /** `undefined` where the file has another form. */
  readonly draw: (value: unknown, links: { readonly parallel?: ReactNode }) => ReactNode | undefined
}

function card<Value>(
  file: string,
  title: Card['title'],
  read: (value: unknown) => Value | undefined,
  draw: (value: Value, links: { readonly parallel?: ReactNode }) => ReactNode,
  more: Pick<Card, 'picture' | 'isWide'> = {},
): Card {
  return {
    file,
    title,
    draw(value, links) {
      const found = read(value)
      return found === undefined ? undefined : draw(found, links)
    },
    ...more,
  }
}

/** In the order in which one reads them: what came out, how wrong, why, what else was tried. */
const cards: readonly Card[] = [
  card(
    'leaderboard',
    (t) => t.leaderboard.title,
    readLeaderboard,
    (leaderboard) => <LeaderboardReport leaderboard={leaderboard} />,
    { isWide: true },
  ),
  card(
    'confusion_matrix',
    (t) => t.confusion.title,
    readConfusionMatrix,
    (matrix) => <ConfusionReport matrix={matrix} />,
  ),
  card(
    'classification_report',
    (t) => t.classes.title,
    readClassReport,
    (classes) => <ClassScoresReport classes={classes} />,
  ),
  card(
    'roc_curve',
    (t) => t.roc.title,
    (value) => readCurves(value, 'auc'),
    (curves) => <RocReport curves={curves} />,
  ),
  card(
    'precision_recall_curve',
    (t) => t.pr.title,
    (value) => readCurves(value, 'average_precision'),
    (curves) => <PrecisionRecallReport curves={curves} />,
  ),
  card(
    'calibration_curve',
    (t) => t.calibration.title,
    (value) => readCurves(value),
    (curves) => <CalibrationReport curves={curves} />,
  ),
  card(
    'predictions',
    (t) => t.values.title,
    readPairs,
    (pairs) => <ValuesReport pairs={pairs} />,
  ),
  card(
    'predictions',
    (t) => t.residuals.title,
    readPairs,
    (pairs) => <ResidualsReport pairs={pairs} />,
    { picture: 'residuals_by_prediction' },
  ),
  card(
    'residuals',
    (t) => t.histogram.title,
    readBins,
    (bins) => <ResidualHistogram bins={bins} />,
  ),
  card(
    'feature_importances',
    (t) => t.importances.title,
    readImportances,
    (importances) => <ImportanceReport importances={importances} />,
  ),
  card(
    'learning_curve',
    (t) => t.learning.title,
    readLearningCurve,
    (curve) => <LearningCurveReport curve={curve} />,
  ),
  card(
    'search',
    (t) => t.search.title,
    readSearch,
    (report, { parallel }) => <SearchReport report={report} parallel={parallel} />,
    { isWide: true },
  ),
]

interface TrainingReportsProps {
  readonly runId: string
  /** Level of the titles: 2 unless told. */
  readonly level?: 2 | 3
  /** A link to the trials of a search on parallel axes. */
  readonly parallel?: ReactNode
}

/** The reports that a training left in its run, drawn; each when it comes into sight. */
export function TrainingReports({ runId, level = 2, parallel }: TrainingReportsProps) {
  const texts = useReportTexts()
  const query = useQuery(queries.artifacts(runId))
  return (
    <Load query={query} lines={8}>
      {({ items }) => {
        const files = new Map(items.filter(({ is_folder }) => !is_folder).map((item) => [item.path, item]))
        const shown = cards.flatMap((each) => {
          const entry = files.get(`${reportFolder}${each.file}.json`)
          return entry === undefined ? [] : [{ each, entry }]
        })
        if (shown.length === 0) return <EmptyState title={texts.none} text={texts.noneText} />
        return (
          <div className="report-cards">
            {shown.map(({ each, entry }) => (
              <ReportCard
                key={`${each.file} ${each.picture ?? ''}`}
                card={each}
                runId={runId}
                entry={entry}
                picture={files.get(`${reportFolder}${each.picture ?? each.file}.png`)}
                level={level}
                parallel={parallel}
              />
            ))}
          </div>
        )
      }}
    </Load>
  )
}

/** What one file of a report may weigh to be drawn. */
const bytesMax = 8 * 1024 * 1024

interface ReportCardProps {
  readonly card: Card
  readonly runId: string
  readonly entry: ArtifactEntry
  readonly picture: ArtifactEntry | undefined
  readonly level: 2 | 3
  readonly parallel: ReactNode
}

function ReportCard({ card: { title, draw, isWide }, runId, entry, picture, level, parallel }: ReportCardProps) {
  const { f } = useI18n()
  const texts = useReportTexts()
  const [ref, isSeen] = useSeen()
  const address = apiPath('downloadArtifact', { run: runId }, { path: entry.path })
  const bytes = entry.bytes ?? 0
  const isTooLarge = bytes > bytesMax
  const query = useQuery({ ...queries.artifactText(address, bytes, bytesMax), enabled: isSeen && !isTooLarge })
  const Heading = level === 2 ? 'h2' : 'h3'
  const name = title(texts)
  return (
    <section ref={ref} className="report-card" data-wide={isWide || undefined}>
      <div className="spread">
        <Heading>{name}</Heading>
        <span className="row small">
          {picture !== undefined && (
            <a
              href={apiPath('downloadArtifact', { run: runId }, { path: picture.path })}
              download={`${picture.path.split('/').at(-1)}`}
              aria-label={texts.save(name, texts.png)}
            >
              {texts.png}
            </a>
          )}
          <a href={address} download={`${entry.path.split('/').at(-1)}`} aria-label={texts.save(name, texts.json)}>
            {texts.json}
          </a>
        </span>
      </div>
      {isTooLarge && <p className="muted">{texts.tooLarge(entry.path, f.bytes(bytes))}</p>}
      {isSeen && !isTooLarge && (
        <Load query={query} lines={8}>
          {(text) => <Drawn text={text} file={entry.path} draw={(value) => draw(value, { parallel })} />}
        </Load>
      )}
    </section>
  )
}

interface DrawnProps {
  readonly text: string
  readonly file: string
  readonly draw: (value: unknown) => ReactNode | undefined
}

function Drawn({ text, file, draw }: DrawnProps) {
  const texts = useReportTexts()
  const value = useMemo(() => parse(text), [text])
  return draw(value) ?? <p className="muted">{texts.unreadable(file)}</p>
}

/** Anyone may log a file of this name: one that is no JSON has no form that is drawn. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
