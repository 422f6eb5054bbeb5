import type { Project, ProjectDefinition } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'

type ProjectTables = {
  projects: {
    name: string
    description: string | null
    folder: string
    definition: string
    digest: string
    applied_at: Date
  }
}

export const projectTables = (ctx: VerbContext) => ctx.db.withTables<ProjectTables>()

interface ProjectRow {
  readonly name: string
  readonly description: string | null
  readonly folder: string
  /** The driver parses jsonb; it was checked when it was written. */
  readonly definition: unknown
  readonly digest: string
  readonly applied_at: Date
}

export function toProject(row: ProjectRow): Project {
  return {
    name: row.name,
    ...(row.description === null ? {} : { description: row.description }),
    folder: row.folder,
    definition: row.definition as ProjectDefinition,
    digest: row.digest,
    applied_at: row.applied_at.toISOString(),
  }
}
