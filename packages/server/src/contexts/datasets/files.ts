/** What works on plain files: a second door that loads nothing of the server. */
export { distinctIntegersSql } from './count-distinct.js'
export { checkSelect } from './snapshots/check-select.js'
export { profileFile } from './snapshots/profile-file.js'
