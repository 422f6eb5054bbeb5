/** Programs of users beside ours. */
export { userEnvironment } from './user-environment.js'
