/** What works on plain files, and what the processes of models need: a second door that loads nothing of the server. */
export type { OpenModel } from './open-model.js'
export type { RunSplit } from './split-of-run.js'
export { type TrainedFile, type TrainFileInput, trainFile } from './train-file.js'
export type { TrainMode } from './train-rows.js'

/** Reading rows and asking model files, with the numerics; loaded where it is used. */
export const loadRowTools = () => import('./row-tools.js')
