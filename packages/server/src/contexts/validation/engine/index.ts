/**
 * Evaluates suites of expectations on a table, with the semantics of Great Expectations 1.x. Knows DuckDB and expectations; nothing of
 * snapshots, results that are kept, or people.
 */
export {
  engineVersion,
  evaluate,
  evaluateSuite,
  rowCondition,
  toCheckResult,
  type UnexpectedRows,
  type UnexpectedRowsQuery,
  unexpectedRows,
} from './evaluate-suite.js'
export { fromGxExpectation, fromGxSuite, type GxResultFacts, type GxSuite, toGxResult, toGxSuite } from './gx-suite.js'
export {
  CannotEvaluate,
  type EvaluatedExpectation,
  type EvaluateOptions,
  type TableFacts,
  type UnexpectedRow,
} from './model.js'
