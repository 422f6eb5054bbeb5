-- A metric of a run is one series: its newest point and figures over all of them, so that a search reads one row a metric
-- and never its history. The points name their series by a number: 41 bytes each, where run and key took a hundred.

create table metric_series (
  id bigint generated always as identity primary key,
  run_id text not null,
  key text collate "C" not null,
  experiment_id bigint not null,
  -- The newest point: the largest by (step, time, value). NaN is the value 0 with its mark, and compares as 0.
  last_step bigint not null,
  last_ms bigint not null,
  last_value double precision not null,
  last_is_nan boolean not null,
  -- Over the points that are there, so one that is sent twice counts once. NaN is counted and else left out.
  point_count bigint not null,
  nan_count bigint not null,
  min_value double precision,
  max_value double precision,
  sum_value double precision not null,
  -- The smallest point (step, time) of the last batch whose points all came after those that were there.
  append_step bigint not null,
  append_ms bigint not null,
  -- The transaction that wrote last: readers that follow the changes ask for those from a transaction on.
  changed_tx xid8 not null default pg_current_xact_id(),
  unique (run_id, key)
  -- Room for new versions of a row beside the old one: as long as no index holds a column that changes with each point, none has
  -- to be written. One on last_value makes a batch of 1000 different keys 35 ms instead of 14; see decision 0010.
) with (fillfactor = 60);

alter table metrics rename to old_metrics;
alter table old_metrics rename constraint metrics_pkey to old_metrics_pkey;

-- No foreign key: it would check each point alone, and the function that writes points has just locked the series.
create table metrics (
  series_id bigint not null,
  step bigint not null,
  timestamp_ms bigint not null,
  value double precision not null,
  is_nan boolean not null,
  primary key (series_id, step, timestamp_ms, value, is_nan)
);

-- The sum of two doubles where an overflow is the largest double rather than an error.
create function clamped_sum(a double precision, b double precision) returns double precision
language sql immutable parallel safe
return case
  when a > 0 and b > 1.7976931348623157e308::double precision - a then 1.7976931348623157e308::double precision
  when a < 0 and b < -1.7976931348623157e308::double precision - a then -1.7976931348623157e308::double precision
  else a + b
end;

-- The mean of numbers with this sum. PostgreSQL takes a quotient that is too small for a double as an error: it is 0 here.
create function mean_of(sum double precision, count bigint) returns double precision
language sql immutable parallel safe
return case when count < 1 then null when abs(sum) < 1e-300 then 0 else sum / count end;

create aggregate clamped_sum(double precision) (sfunc = clamped_sum, stype = double precision, initcond = '0');

insert into metric_series (run_id, key, experiment_id, last_step, last_ms, last_value, last_is_nan, point_count, nan_count,
  min_value, max_value, sum_value, append_step, append_ms)
select l.run_id, l.key, r.experiment_id, l.step, l.timestamp_ms, l.value, l.is_nan, m.point_count, m.nan_count,
  m.min_value, m.max_value, m.sum_value, l.step, l.timestamp_ms
from latest_metrics l
join runs r on r.id = l.run_id
join (
  select run_id, key, count(*) as point_count, count(*) filter (where is_nan) as nan_count,
    min(value) filter (where not is_nan) as min_value, max(value) filter (where not is_nan) as max_value,
    clamped_sum(value) as sum_value
  from old_metrics group by run_id, key
) m on m.run_id = l.run_id and m.key = l.key
order by l.run_id, l.key;

insert into metrics (series_id, step, timestamp_ms, value, is_nan)
select s.id, o.step, o.timestamp_ms, o.value, o.is_nan
from old_metrics o join metric_series s on s.run_id = o.run_id and s.key = o.key
order by s.id, o.step, o.timestamp_ms, o.value, o.is_nan;

drop table old_metrics;
drop table latest_metrics;

-- When metrics of a run were last written, a few seconds roughly: finds the runs that changed while a stream was away.
create table metric_activity (
  run_id text primary key references runs (id) on delete cascade,
  experiment_id bigint not null,
  touched_ms bigint not null
);
create index metric_activity_by_experiment on metric_activity (experiment_id, touched_ms);

-- Writes the points of any number of runs, in one call. Told of each series: its smallest point and the figures of its
-- points, which are different from each other. Where all of them come after what is there, as when a program logs step by
-- step, they are appended, without a search for equal ones; else merge_metrics takes them.
-- Series come in one order (run, key) from every caller, and are locked in it: writers never wait in a circle.
-- Gives each run that is there with its stage; points of others, and of deleted ones, are not written.
create function write_metrics(
  the_runs text[], series_run integer[], series_key text[], first_steps bigint[], first_times bigint[],
  last_steps bigint[], last_times bigint[], last_values double precision[], last_nans boolean[],
  counts bigint[], nan_counts bigint[], min_values double precision[], max_values double precision[], sums double precision[],
  point_series integer[], steps bigint[], times bigint[], point_values double precision[], point_nans boolean[]
) returns table (run text, experiment bigint, stage text)
language plpgsql
-- Planned once a session: a plan for the numbers of today would be a scan of a table that is small today. Before version 18 what
-- is switched off costs a fantastic sum, which would have every call compiled.
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_nestloop = off
as $$
declare
  found_runs text[];
  found_experiments bigint[];
  found_stages text[];
  active bigint[];
  ids bigint[];
begin
  select array_agg(r.id), array_agg(r.experiment_id), array_agg(r.lifecycle_stage)
  into found_runs, found_experiments, found_stages
  from runs r where r.id = any (the_runs);

  -- The experiment of each run that may be written to, in the order of the runs.
  select array_agg(f.experiment order by g.place) into active
  from unnest(the_runs) with ordinality g (id, place)
  left join unnest(found_runs, found_experiments, found_stages) f (id, experiment, stage) on f.id = g.id and f.stage = 'active';

  -- A row that fails the condition is locked all the same.
  with written as (
    insert into metric_series as s (run_id, key, experiment_id, last_step, last_ms, last_value, last_is_nan, point_count, nan_count,
      min_value, max_value, sum_value, append_step, append_ms)
    select the_runs[g.run], g.key, active[g.run], g.last_step, g.last_ms, g.last_value, g.last_is_nan, g.point_count,
      g.nan_count, g.min_value, g.max_value, g.sum_value, g.first_step, g.first_ms
    from unnest(series_run, series_key, first_steps, first_times, last_steps, last_times, last_values, last_nans, counts,
      nan_counts, min_values, max_values, sums)
      as g (run, key, first_step, first_ms, last_step, last_ms, last_value, last_is_nan, point_count, nan_count,
        min_value, max_value, sum_value)
    where active[g.run] is not null
    on conflict (run_id, key) do update set
      last_step = excluded.last_step, last_ms = excluded.last_ms, last_value = excluded.last_value,
      last_is_nan = excluded.last_is_nan, point_count = s.point_count + excluded.point_count,
      nan_count = s.nan_count + excluded.nan_count, min_value = least(s.min_value, excluded.min_value),
      max_value = greatest(s.max_value, excluded.max_value), sum_value = clamped_sum(s.sum_value, excluded.sum_value),
      append_step = excluded.append_step, append_ms = excluded.append_ms, changed_tx = excluded.changed_tx
    where (excluded.append_step, excluded.append_ms) > (s.last_step, s.last_ms)
    returning s.id, s.run_id, s.key
  )
  select array_agg(coalesce(w.id, 0) order by g.place) into ids
  from unnest(series_run, series_key) with ordinality g (run, key, place)
  left join written w on w.run_id = the_runs[g.run] and w.key = g.key;

  insert into metrics (series_id, step, timestamp_ms, value, is_nan)
  select ids[p.series], p.step, p.ms, p.value, p.is_nan
  from unnest(point_series, steps, times, point_values, point_nans) p (series, step, ms, value, is_nan)
  where ids[p.series] > 0;

  if 0 = any (ids) then
    perform merge_metrics(the_runs, active, series_run, series_key, ids, point_series, steps, times, point_values, point_nans);
  end if;
  perform touch_metric_activity(the_runs, active);
  return query select * from unnest(found_runs, found_experiments, found_stages);
end
$$;

-- The points of the series with the id 0, which write_metrics has locked: equal ones are dropped, and the figures are of those
-- that were really added.
create function merge_metrics(
  the_runs text[], active bigint[], series_run integer[], series_key text[], ids bigint[],
  point_series integer[], steps bigint[], times bigint[], point_values double precision[], point_nans boolean[]
) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  with locked as materialized (
    select array_agg(coalesce(s.id, 0) order by g.place) as ids
    from unnest(series_run, series_key, ids) with ordinality g (run, key, id, place)
    left join metric_series s on g.id = 0 and active[g.run] is not null and s.run_id = the_runs[g.run] and s.key = g.key
  ), added as (
    insert into metrics (series_id, step, timestamp_ms, value, is_nan)
    select locked.ids[p.series], p.step, p.ms, p.value, p.is_nan
    from locked, unnest(point_series, steps, times, point_values, point_nans) p (series, step, ms, value, is_nan)
    where locked.ids[p.series] > 0
    on conflict do nothing
    returning series_id, step, timestamp_ms, value, is_nan
  ), figures as (
    select series_id, count(*) as point_count, count(*) filter (where is_nan) as nan_count,
      min(value) filter (where not is_nan) as min_value, max(value) filter (where not is_nan) as max_value,
      clamped_sum(value) as sum_value,
      (array_agg(step order by step desc, timestamp_ms desc, value desc, is_nan))[1] as step,
      (array_agg(timestamp_ms order by step desc, timestamp_ms desc, value desc, is_nan))[1] as timestamp_ms,
      (array_agg(value order by step desc, timestamp_ms desc, value desc, is_nan))[1] as value,
      (array_agg(is_nan order by step desc, timestamp_ms desc, value desc, is_nan))[1] as is_nan
    from added group by series_id
  )
  update metric_series s set
    last_step = l.step, last_ms = l.timestamp_ms, last_value = l.value, last_is_nan = l.is_nan,
    point_count = s.point_count + f.point_count, nan_count = s.nan_count + f.nan_count,
    min_value = least(s.min_value, f.min_value), max_value = greatest(s.max_value, f.max_value),
    sum_value = clamped_sum(s.sum_value, f.sum_value), changed_tx = pg_current_xact_id()
  from figures f
  cross join lateral (
    select c.* from metric_series o,
      lateral (values (o.last_step, o.last_ms, o.last_value, o.last_is_nan), (f.step, f.timestamp_ms, f.value, f.is_nan))
        as c (step, timestamp_ms, value, is_nan)
    where o.id = f.series_id
    order by c.step desc, c.timestamp_ms desc, c.value desc, c.is_nan limit 1
  ) l
  where s.id = f.series_id;
end
$$;

-- Notes that runs are written to, every few seconds at most.
create function touch_metric_activity(the_runs text[], active bigint[]) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  insert into metric_activity (run_id, experiment_id, touched_ms)
  select g.run_id, g.experiment_id, c.now_ms
  from (select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms) c,
    unnest(the_runs, active) g (run_id, experiment_id)
  where g.experiment_id is not null
    and not exists (select from metric_activity a where a.run_id = g.run_id and a.touched_ms > c.now_ms - 5000)
  on conflict (run_id) do update set touched_ms = greatest(metric_activity.touched_ms, excluded.touched_ms);
end
$$;
