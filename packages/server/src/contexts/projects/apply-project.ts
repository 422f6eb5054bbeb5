import { createHash } from 'node:crypto'
import { type Project, ProjectDefinition } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { projectTables, toProject } from './store.js'

/** Makes the declared state of a project known to the server. Applying the same again changes nothing. */
export const applyProject = changeVerb({
  name: 'projects.apply_project',
  permission: 'projects.write',
  input: z.object({ folder: z.string().min(1), definition: ProjectDefinition }),
  async run({ ctx, input, record, unchanged }): Promise<Project> {
    const { definition, folder } = input
    const digest = createHash('sha256').update(canonicalJson(definition)).digest('hex')
    const values = {
      name: definition.name,
      description: definition.description ?? null,
      folder,
      definition: JSON.stringify(definition),
      digest,
      applied_at: ctx.clock.now(),
    }
    const { name, ...updates } = values
    const changed = await projectTables(ctx)
      .insertInto('projects')
      .values(values)
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet(updates)
          .where((row) => row.or([row('projects.digest', '!=', digest), row('projects.folder', '!=', folder)])),
      )
      .returningAll()
      .executeTakeFirst()
    if (changed === undefined) {
      unchanged()
      const row = await projectTables(ctx)
        .selectFrom('projects')
        .selectAll()
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      return toProject(row)
    }
    await record({
      subject: `projects/${name}`,
      event: 'project.applied',
      payload: { project: name, digest },
    })
    return toProject(changed)
  },
})
