-- The history of metrics. A process writes all its series at a moment as one row of arrays: a series is a place in them.

create table metric_history_writers (
  id integer generated always as identity primary key,
  -- As "server@host:8000": a process that starts again goes on under its name.
  name text not null unique,
  -- The process that writes under this name; one that was there before stops.
  claimed_by text not null,
  seen_at timestamptz not null,
  -- Series that are not kept, since there are too many.
  left_out integer not null default 0
);

create table metric_history_series (
  writer_id integer not null references metric_history_writers (id) on delete cascade,
  -- In the arrays of the frames, from 1.
  place integer not null,
  name text not null,
  labels jsonb not null,
  kind text not null check (kind in ('counter', 'gauge')),
  seen_at timestamptz not null,
  primary key (writer_id, place)
);
create index metric_history_series_by_name on metric_history_series (name);

create table metric_history_frames (
  writer_id integer not null references metric_history_writers (id) on delete cascade,
  -- 5, 60 or 900: seconds that a frame tells of.
  step_s smallint not null,
  at timestamptz not null,
  -- Seconds of the step that were seen: fewer where the process began or stood still.
  seen_s real not null,
  -- At 5 s what /metrics says; in roll-ups the mean of a gauge and the increase of a counter.
  value double precision[] not null,
  -- Of gauges, in roll-ups.
  low double precision[],
  high double precision[],
  primary key (writer_id, step_s, at)
);
create index metric_history_frames_by_age on metric_history_frames (step_s, at);
