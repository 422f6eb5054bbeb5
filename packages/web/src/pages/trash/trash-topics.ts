/** What a restore or a purge makes stale. */
export const trashTopics = ['trash', 'experiments', 'runs', 'run', 'models']
