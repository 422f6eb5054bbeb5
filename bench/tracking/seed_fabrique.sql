-- Runs of the benchmark, straight into the tables of Fabrique; the formulas are those of runs.py.
-- %(experiment)s, %(first)s and %(count)s: the experiment, the number of the first run, how many.
-- %(values)s: how many parameters and metrics each run has; it has half as many tags.
-- Written run by run, as programs log and as seed_mlflow.py does: what belongs to a run lies together.
insert into runs (id, experiment_id, name, status, user_id, start_ms, end_ms, artifact_uri)
select id, %(experiment)s, 'run-' || n, 'FINISHED', 'bench', 1700000000000 + n * 1000, 1700000000500 + n * 1000,
  'mlflow-artifacts:/' || %(experiment)s || '/' || id || '/artifacts'
from (
  select n, 'be000000' || lpad(to_hex(n * 2654435761 %% 4294967296), 8, '0') || lpad(to_hex(n), 16, '0') as id
  from generate_series(%(first)s::bigint, %(first)s::bigint + %(count)s - 1) n
) numbered;

create temporary table seeded on commit drop as
select id, (start_ms - 1700000000000) / 1000 as n from runs where experiment_id = %(experiment)s
  and start_ms between 1700000000000 + %(first)s::bigint * 1000 and 1700000000000 + (%(first)s::bigint + %(count)s - 1) * 1000;
analyze seeded;

insert into params (run_id, key, value)
select id, 'p' || j, 'value-' || ((n * 31 + j) %% 997) from seeded, generate_series(0, %(values)s - 1) j order by n, j;

insert into run_tags (run_id, key, value)
select id, key, value from (
  select n, j, id, 't' || j as key, 'text of the tag ' || ((n + j) %% 53) as value
  from seeded, generate_series(0, %(values)s / 2 - 2) j
  union all select n, -1, id, 'mlflow.runName', 'run-' || n from seeded
) tags order by n, j;

insert into metric_series (run_id, key, experiment_id, last_step, last_ms, last_value, last_is_nan, point_count, nan_count,
  min_value, max_value, sum_value, append_step, append_ms)
select id, 'm' || j, %(experiment)s, 0, 1700000000000 + n * 1000, v, false, 1, 0, v, v, v, 0, 1700000000000 + n * 1000
from seeded, generate_series(0, %(values)s - 1) j,
  lateral (select ((n * 7919 + j * 104729) %% 1000003)::double precision / 1000003 as v) value
order by n, j;

insert into metrics (series_id, step, timestamp_ms, value, is_nan)
select s.id, s.last_step, s.last_ms, s.last_value, false from metric_series s join seeded on seeded.id = s.run_id order by s.id;
