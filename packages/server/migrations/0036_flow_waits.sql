-- Flows: what workers ask for every few seconds comes from an index of what it is about.

-- Of a run that waits for jobs. Not an index of open steps: the end of each step would have to write it.
alter table flow_runs add column waits_for_job boolean not null default false;
update flow_runs set waits_for_job = true where state_type = 'PAUSED' and exists (
  select from flow_steps where run_id = flow_runs.id and job is not null and ended_at is null
);
create index flow_runs_job on flow_runs (id) where waits_for_job;
create index flow_steps_jobs on flow_steps (run_id) where job is not null;

-- Of each key of an artifact only the newest was ever shown: only that is kept, and counted against the bounds of its run.
delete from flow_artifacts older using flow_artifacts newer
where newer.run_id = older.run_id and newer.key = older.key and newer.id > older.id;
alter table flow_artifacts add column bytes bigint not null default 0;
update flow_artifacts set bytes = octet_length(content::text);
create unique index flow_artifacts_by_key on flow_artifacts (run_id, key);
-- Contents that were beyond the bounds, and are not kept.
alter table flow_log_counts add column artifacts_dropped bigint not null default 0;
