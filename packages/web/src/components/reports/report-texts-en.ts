import { pluralOf } from '../../i18n/plural.js'
import type { Shape } from '../../i18n/shape.js'

const plural = pluralOf('en')

/** The texts of reports and of the history of metrics: beside what shows them, so that no other page loads them. */
export const reportTexts = {
  none: 'This run has no reports',
  noneText: 'A training leaves them: what it confused, how sure it was, and what it went by',
  unreadable: (file: string) => `${file} has a form that is not drawn here`,
  tooLarge: (file: string, bytes: string) => `${file} is too large to be drawn: ${bytes}`,
  json: 'JSON',
  png: 'PNG',
  save: (name: string, format: string) => `Save ${name} as ${format}`,
  asTable: 'As a table',
  rowsOf: (name: string) => `${name}, values`,
  showAll: (count: number) => plural(count, { one: 'Show #', other: 'Show all #' }),
  showFewer: 'Show fewer',
  classColumn: 'Class',
  rows: 'Rows',
  confusion: {
    title: 'Confusion matrix',
    caption: (v: { right: string; total: string; share: string }) =>
      `${v.right} of ${v.total} test rows are on the diagonal, where the prediction is right (${v.share})`,
    corner: 'True class, by row; predicted class, by column',
    truth: 'True class',
    predicted: 'Predicted class',
    cell: (v: { count: string; truth: string; share: string; predicted: string }) =>
      `${v.count} rows of ${v.truth} (${v.share}) predicted as ${v.predicted}`,
    pairs: 'Most often confused',
    frequent: (shown: string, total: string) => `The ${shown} most frequent of ${total} classes`,
    count: 'Count',
    share: 'Share of the true class',
  },
  classes: {
    title: 'Scores by class',
    precision: 'Precision',
    recall: 'Recall',
    f1: 'F1',
    support: 'Test rows',
  },
  roc: {
    title: 'ROC curve',
    x: 'False positive rate',
    y: 'True positive rate',
    score: 'Area',
    caption: (v: { best: string; score: string; worst: string; low: string; count: number }) =>
      v.count === 1
        ? `Area under the curve of ${v.best}: ${v.score}; the dashed line is chance`
        : v.low === v.score
          ? `The area is ${v.score} for each of ${v.count} classes; the dashed line is chance`
          : `Areas from ${v.low} (${v.worst}) to ${v.score} (${v.best}); the dashed line is chance`,
  },
  pr: {
    title: 'Precision-recall curve',
    x: 'Recall',
    y: 'Precision',
    score: 'Average precision',
    caption: (v: { best: string; score: string; worst: string; low: string; count: number }) =>
      v.count === 1
        ? `Average precision of ${v.best}: ${v.score}`
        : v.low === v.score
          ? `Average precision is ${v.score} for each of ${v.count} classes`
          : `Average precision from ${v.low} (${v.worst}) to ${v.score} (${v.best})`,
  },
  calibration: {
    title: 'Calibration curve',
    x: 'Predicted probability',
    y: 'Observed share',
    caption: (gap: string) =>
      `On the dashed line, predicted probabilities are what is observed; the largest gap is ${gap}`,
  },
  values: {
    title: 'Predicted and actual values',
    x: 'Actual',
    y: 'Predicted',
    row: 'Row',
    caption: (count: string) => `${count} test rows; on the dashed line the prediction is exact`,
  },
  residuals: {
    title: 'Residuals by prediction',
    x: 'Predicted',
    y: 'Actual − predicted',
    caption: (v: { low: string; high: string }) =>
      `Errors from ${v.low} to ${v.high}; without a pattern around zero nothing was left to learn`,
  },
  histogram: {
    title: 'Distribution of residuals',
    x: 'Actual − predicted',
    y: 'Test rows',
    caption: (v: { from: string; to: string }) => `Most test rows have an error from ${v.from} to ${v.to}`,
    bin: 'Error',
    from: 'From',
    to: 'To',
    binText: (v: { from: string; to: string; count: string }) => `${v.from} to ${v.to}: ${v.count}`,
  },
  importances: {
    title: 'Importance of features',
    feature: 'Feature',
    value: 'Importance',
    caption: (name: string, count: string) => `${name} counts most of ${count} features`,
  },
  learning: {
    title: 'Learning curve',
    x: 'Training rows',
    train: 'On the training rows',
    test: 'On rows not seen',
    band: (folds: number) =>
      plural(folds, { one: 'Over # fold', other: 'Mean over # folds, with one standard deviation' }),
    caption: (v: { metric: string; from: string; to: string; low: string; high: string }) =>
      `${v.metric} on rows not seen goes from ${v.from} with ${v.low} training rows to ${v.to} with ${v.high}`,
    deviation: (name: string) => `${name}, deviation`,
  },
  search: {
    title: 'Trials of the search',
    trial: 'Trial',
    state: 'State',
    resource: 'Share of rows',
    parallel: 'Trials side by side on parallel axes',
    caption: (v: { best: string; metric: string; value: string; count: number }) =>
      plural(v.count, { one: '# trial', other: '# trials' }).concat(
        `; the best, trial ${v.best}, has ${v.metric} ${v.value}`,
      ),
    noneBest: (count: number) =>
      plural(count, { one: '# trial, without a result', other: '# trials, without a result' }),
    states: { finished: 'Finished', pruned: 'Stopped early', failed: 'Failed', skipped: 'Not tried' },
    byTrial: 'Best value so far',
  },
  leaderboard: {
    title: 'Leaderboard',
    place: 'Place',
    estimator: 'Estimator',
    seconds: 'Time',
    params: 'Parameters',
    initial: 'defaults',
    caption: (v: { best: string; metric: string; value: string }) => `${v.best} is first by ${v.metric}: ${v.value}`,
  },
}

/** What every language has to provide. */
export type ReportTexts = Shape<typeof reportTexts>
