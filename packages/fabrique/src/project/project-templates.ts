/** The examples that a new project can start from. */
export const projectTemplates = ['iris', 'regression', 'synthetic', 'churn'] as const
export type ProjectTemplate = (typeof projectTemplates)[number]
