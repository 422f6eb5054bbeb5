-- Series whose run is gone: their points are erased in pieces afterwards.
create table erased_series (
  series_id bigint primary key
);
-- Deleted runs by time, for the trash and its retention.
create index runs_deleted on runs (deleted_ms desc, id) where lifecycle_stage = 'deleted';
