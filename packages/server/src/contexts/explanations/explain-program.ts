import { answerTasks } from './answer-tasks.js'

/** The process that explains and compares models, which a server or worker starts. */
answerTasks()
