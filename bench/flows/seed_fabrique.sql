-- Runs of flows that are over, one for every ten seconds, each with two steps; every twentieth failed.
-- %(count)s: how many.
insert into flow_runs (id, project, flow, version, state_type, state_name, params, origin, scheduled_for, requested_at,
  started_at, ended_at, requested_by, reason, result)
select 'flow_bench' || lpad(n::text, 9, '0'), 'bench', 'steps', 'bench', type, name, '{"count": 3, "ms": 0}', 'manual',
  due, due, due, due + interval '1 second', 'bench', '', '{"ms": 3}'
from generate_series(1, %(count)s::bigint) n,
  lateral (select now() - n * interval '10 seconds' as due) moment,
  lateral (select case when n %% 20 = 0 then 'FAILED' else 'COMPLETED' end as type) types,
  lateral (select initcap(type) as name) names;

insert into flow_steps (run_id, name, kind, position, state_type, state_name, attempts, started_at, attempt_started_at,
  ended_at, result)
select r.id, 'wait-' || j, 'run', j, r.state_type, r.state_name, 1, r.started_at, r.started_at, r.ended_at, 'null'
from flow_runs r, generate_series(0, 1) j
where r.requested_by = 'bench' and r.version = 'bench';
