/** Data sets that generative applications are judged with. See README.md. */
export {
  addDatasetToExperiments,
  createEvaluationDataset,
  deleteEvaluationDataset,
  deleteEvaluationDatasetTag,
  getEvaluationDataset,
  removeDatasetFromExperiments,
  setEvaluationDatasetTags,
} from './change-dataset.js'
export {
  deleteDatasetRecords,
  getDatasetRecords,
  type RecordPage,
  type UpsertCounts,
  upsertDatasetRecords,
} from './change-records.js'
export { mountMlflowEvaluation } from './mlflow-routes.js'
export type { EvaluationDataset, NewRecord, RecordRow } from './model.js'
export { type DatasetPage, searchEvaluationDatasets } from './search-datasets.js'
