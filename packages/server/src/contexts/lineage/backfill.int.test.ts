import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { migrationsFolder } from '../../../test/support/test-database.js'
import { migrate, openDatabase } from '../../platform/index.js'
import { getLineage } from './index.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const hash = 'abcdef0123456789'.repeat(4)

/** What the first release left: a snapshot, its validation, runs that read it by its id or its hash, versions of two models. */
const before = `
  insert into snapshots (id, project, dataset, content_hash, source, columns, row_count, bytes, created_at) values
    ('snap_1', 'p', 'usage', '${hash}', '{"kind": "csv", "location": "usage.csv"}', '[]', 7, 1, '2026-01-01'),
    ('snap_2', 'p', 'copy', '${hash}', '{"kind": "csv", "location": "usage.csv"}', '[]', 7, 1, '2026-01-02');
  insert into validations (id, snapshot_id, project, dataset, suite_digest, success, evaluated, failed, checks, created_at)
    values ('val_1', 'snap_1', 'p', 'usage', 'd', false, 2, 1, '[]', '2026-01-01');
  insert into runs (id, experiment_id, name, status, start_ms, artifact_uri, lifecycle_stage) values
    ('by_id', 0, 'by id', 'FINISHED', 5000, '', 'active'), ('by_hash', 0, 'by hash', 'FINISHED', 6000, '', 'deleted'),
    ('alone', 0, 'alone', 'FINISHED', 7000, '', 'active'), ('other', 0, 'other', 'FINISHED', 8000, '', 'active');
  insert into run_tags (run_id, key, value) values ('by_id', 'fabrique.project', 'p');
  insert into tracked_datasets (experiment_id, name, digest, source_type, source) values
    (0, 'usage', '${hash.slice(0, 36)}', 'fabrique_snapshot', '{"snapshot_id":"snap_2"}'),
    (0, 'usage', '${hash.slice(0, 20)}', 'http', '{}'), (0, 'usage', '1234abcd', 'http', '{}');
  insert into run_inputs (run_id, dataset_id, tags) select r.id, d.id, r.tags::jsonb from tracked_datasets d
    join (values ('by_id', 36, '{"mlflow.data.context": "training"}'), ('by_hash', 20, '{}'), ('other', 8, '{}')) r (id, digits, tags)
    on length(d.digest) = r.digits;
  insert into registered_models (name, tags, created_at, updated_at) values
    ('m', '{}', now(), now()), ('prompt', '{"mlflow.prompt.is_prompt": "true"}', now(), now());
  insert into model_versions (model, version, source, artifact_path, run_id, tags, created_at, updated_at, created_by) values
    ('m', 1, '', null, 'by_id', '{}', now(), now(), 'u'), ('m', 2, '', null, 'gone', '{}', now(), now(), 'u'),
    ('m', 3, '', null, 'alone', '{}', now(), now(), 'u'), ('prompt', 1, '', null, null, '{}', now(), now(), 'u');
`

test('the migration links what was there before there was a lineage', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-migrations-'))
  const name = `linked_${process.pid}`
  await suite.database.pool.query(`create database ${name}`)
  const database = openDatabase({
    url: Object.assign(new URL(suite.database.url), { pathname: `/${name}` }).toString(),
    applicationName: 'fabrique-linked',
    onError: () => {},
  })
  try {
    for (const file of await readdir(migrationsFolder)) {
      if (file < '0020') await cp(join(migrationsFolder, file), join(folder, file))
    }
    await migrate(database.pool, folder, suite.clock)
    await database.pool.query(before)
    await migrate(database.pool, migrationsFolder, suite.clock)
    const { rows: links } = await database.pool.query<{ link: string }>(
      `select from_kind || ' ' || (case from_kind when 'source' then 'usage.csv' else from_id end) || ' ' || relation || ' ' ||
         to_kind || ' ' || to_id as link
       from lineage_links order by 1`,
    )
    expect(links.map(({ link }) => link)).toEqual([
      'run alone registered model_version 1/3',
      'run by_id registered model_version 1/1',
      'snapshot snap_1 checked validation val_1',
      'snapshot snap_1 read run by_hash',
      'snapshot snap_2 trained run by_id',
      'source usage.csv read snapshot snap_1',
      'source usage.csv read snapshot snap_2',
    ])
    const ctx = { ...suite.ctx, db: database.db }
    const graph = await getLineage({ ctx, input: { kind: 'model_version', id: 'm/1', direction: 'up' } })
    expect(graph.nodes.map(({ label, project, is_deleted }) => [label, project, is_deleted])).toEqual([
      ['m 1', undefined, false],
      ['by id', 'p', false],
      [`copy ${hash.slice(0, 8)}`, 'p', false],
      ['usage.csv', 'p', false],
    ])
    const { rows: marked } = await database.pool.query(
      `select id, deleted_at is not null as d from lineage_nodes where kind = 'run' order by id`,
    )
    expect(marked).toEqual([
      { id: 'alone', d: false },
      { id: 'by_hash', d: true },
      { id: 'by_id', d: false },
    ])
    const { rows: versions } = await database.pool.query(
      `select id from lineage_nodes where kind = 'model_version' order by id`,
    )
    expect(versions).toEqual([{ id: '1/1' }, { id: '1/2' }, { id: '1/3' }])
  } finally {
    await database.close()
    await suite.database.pool.query(`drop database ${name} with (force)`)
    await rm(folder, { recursive: true, force: true })
  }
})
