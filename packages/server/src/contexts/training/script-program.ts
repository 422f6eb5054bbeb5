import { watchScript } from './watch-script.js'

/** The process beside one script of a user, which a worker starts. */
watchScript()
