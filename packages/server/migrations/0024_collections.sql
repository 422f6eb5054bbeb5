-- Collections of files: where their contents are, what is known of files on disk, and where snapshots are shared.

-- The index of each pack: a blob that holds the contents of many small files. It follows from the bytes of the pack.
create table packed_files (
  pack_sha256 text not null,
  sha256 text not null,
  start_byte bigint not null,
  bytes bigint not null,
  primary key (pack_sha256, sha256)
);
create index packed_files_by_content on packed_files (sha256);

-- Every blob that a snapshot needs: its table, its packs, its large files.
create table snapshot_blobs (
  snapshot_id text not null references snapshots (id) on delete cascade,
  sha256 text not null,
  primary key (snapshot_id, sha256)
);
create index snapshot_blobs_by_content on snapshot_blobs (sha256);

-- The content that a file of this machine had when it was last read. `mark` is size, times, number and device: another one means that
-- the file may have changed.
create table file_states (
  path text collate "C" primary key,
  mark text not null,
  sha256 text not null,
  read_at timestamptz not null
);

-- What was found in the header of an image.
create table image_facts (
  sha256 text primary key,
  width integer not null,
  height integer not null,
  format text not null
);

create table remotes (
  name text primary key,
  url text not null,
  endpoint text,
  region text,
  is_default boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index remotes_one_default on remotes (is_default) where is_default;

create or replace view blob_references as
  select sha256 from artifacts
  union all select sha256 from artifact_upload_parts
  union all select content_hash from snapshots
  union all select sha256 from snapshot_parts
  union all select quarantine_sha256 from ingest_runs where quarantine_sha256 is not null
  union all select sha256 from snapshot_blobs;
