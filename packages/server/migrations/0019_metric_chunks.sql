-- Many points that are appended to a series at once are one row, a chunk, with a third of the work and a quarter of the room.
-- Points that come alone, late or again stay rows of `metrics`. See decision 0013.

-- The points of a chunk differ in (step, time), and neither falls from one to the next. Nor does it from chunk to chunk of a series:
-- chunks one after the other are in order by step and by time. NaN stands in the values.
create table metric_chunks (
  series_id bigint not null,
  -- The points in chunks of the series before this one: finds the chunks of a page without a look at those between.
  place bigint not null,
  point_count bigint not null,
  first_step bigint not null,
  first_ms bigint not null,
  last_step bigint not null,
  last_ms bigint not null,
  -- The steps; or the distance from each to the next, where it is always the same.
  steps bigint[],
  stride bigint,
  times bigint[] not null,
  point_values double precision[] not null,
  primary key (series_id, place),
  check (num_nonnulls(steps, stride) = 1)
  -- Up to 300 points stay in the row itself.
) with (toast_tuple_target = 8160);
alter table metric_chunks
  alter column steps set storage external, alter column times set storage external, alter column point_values set storage external;
create index metric_chunks_by_step on metric_chunks (series_id, last_step, last_ms);
create index metric_chunks_by_time on metric_chunks (series_id, last_ms, last_step);

alter table metric_series
  -- The points in chunks, and the largest time among them.
  add column chunk_points bigint not null default 0,
  add column chunk_ms bigint not null default -9223372036854775808,
  -- Whether the last batch whose points all came after those that were there became a chunk.
  add column append_is_chunk boolean not null default false;

-- The steps of a chunk.
create function steps_of(chunk metric_chunks) returns bigint[]
language sql immutable parallel safe
return coalesce(chunk.steps, array(select generate_series(chunk.first_step, chunk.last_step, chunk.stride)));

-- All points, wherever they are.
create view metric_points as
select series_id, step, timestamp_ms, value, is_nan from metrics
union all
select c.series_id, p.step, p.timestamp_ms, case when p.value = 'NaN' then 0 else p.value end, p.value = 'NaN'
from metric_chunks c, unnest(steps_of(c), c.times, c.point_values) p (step, timestamp_ms, value);

drop function write_metrics(text[], integer[], text[], bigint[], bigint[], bigint[], bigint[], double precision[], boolean[],
  bigint[], bigint[], double precision[], double precision[], double precision[],
  integer[], bigint[], bigint[], double precision[], boolean[]);
drop function merge_metrics(text[], bigint[], integer[], text[], bigint[],
  integer[], bigint[], bigint[], double precision[], boolean[]);

-- Writes the points of any number of runs, in one call. Told of each series: its smallest point and the figures of its
-- points, which are different from each other, whether they may be a chunk, the distance of their steps where it is always the
-- same (else 0), and the place of the first among all points.
-- Where all of them come after what is there, as when a program logs step by step, they are appended, without a search for
-- equal ones: as a chunk if they may and no chunk has a later time, else as rows. What is no append, merge_metrics takes.
-- Series come in one order (run, key) from every caller, and are locked in it: writers never wait in a circle.
-- Gives each run that is there with its stage; points of others, and of deleted ones, are not written.
create function write_metrics(
  the_runs text[], series_run integer[], series_key text[], first_steps bigint[], first_times bigint[],
  last_steps bigint[], last_times bigint[], last_values double precision[], last_nans boolean[],
  counts bigint[], nan_counts bigint[], min_values double precision[], max_values double precision[], sums double precision[],
  may_chunk boolean[], strides bigint[], starts integer[],
  point_series integer[], steps bigint[], times bigint[], point_values double precision[]
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
  chunked boolean[];
  places bigint[];
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
      min_value, max_value, sum_value, append_step, append_ms, append_is_chunk, chunk_points, chunk_ms)
    select the_runs[g.run], g.key, active[g.run], g.last_step, g.last_ms, g.last_value, g.last_is_nan, g.point_count,
      g.nan_count, g.min_value, g.max_value, g.sum_value, g.first_step, g.first_ms, g.may_chunk,
      case when g.may_chunk then g.point_count else 0 end,
      case when g.may_chunk then g.last_ms else -9223372036854775808 end
    from unnest(series_run, series_key, first_steps, first_times, last_steps, last_times, last_values, last_nans, counts,
      nan_counts, min_values, max_values, sums, may_chunk)
      as g (run, key, first_step, first_ms, last_step, last_ms, last_value, last_is_nan, point_count, nan_count,
        min_value, max_value, sum_value, may_chunk)
    where active[g.run] is not null
    on conflict (run_id, key) do update set
      last_step = excluded.last_step, last_ms = excluded.last_ms, last_value = excluded.last_value,
      last_is_nan = excluded.last_is_nan, point_count = s.point_count + excluded.point_count,
      nan_count = s.nan_count + excluded.nan_count, min_value = least(s.min_value, excluded.min_value),
      max_value = greatest(s.max_value, excluded.max_value), sum_value = clamped_sum(s.sum_value, excluded.sum_value),
      append_step = excluded.append_step, append_ms = excluded.append_ms, changed_tx = excluded.changed_tx,
      append_is_chunk = excluded.append_is_chunk and excluded.append_ms >= s.chunk_ms,
      chunk_points = s.chunk_points + case when excluded.append_ms >= s.chunk_ms then excluded.chunk_points else 0 end,
      chunk_ms = case when excluded.append_ms >= s.chunk_ms then greatest(s.chunk_ms, excluded.chunk_ms) else s.chunk_ms end
    where (excluded.append_step, excluded.append_ms) > (s.last_step, s.last_ms)
    returning s.id, s.run_id, s.key, s.append_is_chunk, s.chunk_points
  )
  select array_agg(coalesce(w.id, 0) order by g.place), array_agg(coalesce(w.append_is_chunk, false) order by g.place),
    array_agg(w.chunk_points order by g.place)
  into ids, chunked, places
  from unnest(series_run, series_key) with ordinality g (run, key, place)
  left join written w on w.run_id = the_runs[g.run] and w.key = g.key;

  if true = any (chunked) then
    insert into metric_chunks (series_id, place, point_count, first_step, first_ms, last_step, last_ms, steps, stride, times,
      point_values)
    select g.id, g.points_after - g.points, g.points, g.first_step, g.first_ms, g.last_step, g.last_ms,
      case when g.stride = 0 then steps[g.start : g.start + g.points - 1] end, nullif(g.stride, 0), times[g.start : g.start + g.points - 1],
      point_values[g.start : g.start + g.points - 1]
    from unnest(ids, chunked, places, counts, strides, starts, first_steps, first_times, last_steps, last_times)
      as g (id, is_chunk, points_after, points, stride, start, first_step, first_ms, last_step, last_ms)
    where g.is_chunk;
  end if;

  if false = any (chunked) then
    insert into metrics (series_id, step, timestamp_ms, value, is_nan)
    select ids[p.series], p.step, p.ms, case when p.value = 'NaN' then 0 else p.value end, p.value = 'NaN'
    from unnest(point_series, steps, times, point_values) p (series, step, ms, value)
    where ids[p.series] > 0 and not chunked[p.series];
  end if;

  if 0 = any (ids) then
    perform merge_metrics(the_runs, active, series_run, series_key, ids, point_series, steps, times, point_values);
  end if;
  perform touch_metric_activity(the_runs, active);
  return query select * from unnest(found_runs, found_experiments, found_stages);
end
$$;

-- The points of the series with the id 0, which write_metrics has locked: those that are there are dropped, be they in a chunk
-- or rows, and the figures are of those that were really added, as rows.
create function merge_metrics(
  the_runs text[], active bigint[], series_run integer[], series_key text[], ids bigint[],
  point_series integer[], steps bigint[], times bigint[], point_values double precision[]
) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  with locked as materialized (
    select array_agg(coalesce(s.id, 0) order by g.place) as ids
    from unnest(series_run, series_key, ids) with ordinality g (run, key, id, place)
    left join metric_series s on g.id = 0 and active[g.run] is not null and s.run_id = the_runs[g.run] and s.key = g.key
  ), given as materialized (
    select locked.ids[p.series] as series_id, p.step, p.ms, p.value
    from locked, unnest(point_series, steps, times, point_values) p (series, step, ms, value)
    where locked.ids[p.series] > 0
  ), around as materialized (
    -- Chunks of a series do not overlap: the first that ends at or after a point is the only one that may hold it.
    select distinct g.series_id, c.place
    from given g cross join lateral (
      select o.place, o.first_step, o.first_ms from metric_chunks o
      where o.series_id = g.series_id and (o.last_step, o.last_ms) >= (g.step, g.ms)
      order by o.last_step, o.last_ms limit 1
    ) c
    where (c.first_step, c.first_ms) <= (g.step, g.ms)
  ), fresh as (
    select series_id, step, ms, value from given
    except
    select c.series_id, p.step, p.ms, p.value
    from around a join metric_chunks c on c.series_id = a.series_id and c.place = a.place
    cross join lateral unnest(steps_of(c), c.times, c.point_values) p (step, ms, value)
  ), added as (
    insert into metrics (series_id, step, timestamp_ms, value, is_nan)
    select series_id, step, ms, case when value = 'NaN' then 0 else value end, value = 'NaN' from fresh
    on conflict do nothing
    returning series_id, step, timestamp_ms, value, is_nan
  ), figures as (
    select series_id, count(*) as point_count, count(*) filter (where is_nan) as nan_count,
      min(value) filter (where not is_nan) as min_value, max(value) filter (where not is_nan) as max_value,
      clamped_sum(value order by step, timestamp_ms, value, is_nan desc) as sum_value,
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
