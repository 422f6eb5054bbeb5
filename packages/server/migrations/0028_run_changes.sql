-- What tells whether a run is still what it was when somebody read it: the last transaction that changed its row, its parameters, tags,
-- data sets or models, and the last one that noted that its metrics are written to. Nobody has to think of it: triggers do.

-- Null until the first change after this migration.
alter table runs add column changed_tx xid8;
alter table runs alter column changed_tx set default pg_current_xact_id();

create function note_change_of_run() returns trigger
language plpgsql
as $$
begin
  new.changed_tx := pg_current_xact_id();
  return new;
end
$$;

create trigger runs_note_change before update on runs for each row execute function note_change_of_run();

-- Whoever writes a part of a run holds the run, or has just made it: this waits for nobody.
create function note_changed_runs() returns trigger
language plpgsql
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  update runs set changed_tx = pg_current_xact_id()
  from (select distinct run_id from changed) c
  where runs.id = c.run_id and runs.changed_tx is distinct from pg_current_xact_id();
  return null;
end
$$;

create trigger params_note_insert after insert on params
  referencing new table as changed for each statement execute function note_changed_runs();
create trigger params_note_update after update on params
  referencing new table as changed for each statement execute function note_changed_runs();
create trigger params_note_delete after delete on params
  referencing old table as changed for each statement execute function note_changed_runs();

create trigger run_tags_note_insert after insert on run_tags
  referencing new table as changed for each statement execute function note_changed_runs();
create trigger run_tags_note_update after update on run_tags
  referencing new table as changed for each statement execute function note_changed_runs();
create trigger run_tags_note_delete after delete on run_tags
  referencing old table as changed for each statement execute function note_changed_runs();

create trigger run_inputs_note_insert after insert on run_inputs
  referencing new table as changed for each statement execute function note_changed_runs();
create trigger run_inputs_note_update after update on run_inputs
  referencing new table as changed for each statement execute function note_changed_runs();
create trigger run_inputs_note_delete after delete on run_inputs
  referencing old table as changed for each statement execute function note_changed_runs();

create trigger run_models_note_insert after insert on run_models
  referencing new table as changed for each statement execute function note_changed_runs();
create trigger run_models_note_update after update on run_models
  referencing new table as changed for each statement execute function note_changed_runs();
create trigger run_models_note_delete after delete on run_models
  referencing old table as changed for each statement execute function note_changed_runs();

-- Metrics come too often for a change of the run each time. That they are written to is noted anew after five seconds; a moment that
-- has not come yet, because the clock went back, is none.
alter table metric_activity add column changed_tx xid8;

create or replace function touch_metric_activity(the_runs text[], active bigint[]) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  insert into metric_activity (run_id, experiment_id, touched_ms, changed_tx)
  select g.run_id, g.experiment_id, c.now_ms, pg_current_xact_id()
  from (select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms) c,
    unnest(the_runs, active) g (run_id, experiment_id)
  where g.experiment_id is not null
    and not exists (
      select from metric_activity a
      where a.run_id = g.run_id and a.changed_tx is not null and a.touched_ms > c.now_ms - 5000 and a.touched_ms <= c.now_ms
    )
  on conflict (run_id) do update set
    touched_ms = greatest(metric_activity.touched_ms, excluded.touched_ms), changed_tx = excluded.changed_tx;
end
$$;
