-- A long history of ten metrics in one run of Fabrique. %(run)s, %(experiment)s, %(count)s: the run, its experiment, the points of each.
insert into metric_series (run_id, key, experiment_id, last_step, last_ms, last_value, last_is_nan, point_count, nan_count,
  min_value, max_value, sum_value, append_step, append_ms)
select %(run)s, 'm' || j, %(experiment)s, %(count)s - 1, 1700000 + %(count)s - 1, 0.5, false, %(count)s, 0, 0.5, 0.5,
  0.5 * %(count)s, %(count)s - 1, 1700000 + %(count)s - 1
from generate_series(0, 9) j;

insert into metrics (series_id, step, timestamp_ms, value, is_nan)
select s.id, step, 1700000 + step, 0.5, false
from metric_series s, generate_series(0, %(count)s - 1) step where s.run_id = %(run)s;
