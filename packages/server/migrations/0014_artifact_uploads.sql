-- Uploads in parts, and addresses that let a client without credentials read or write one file for a while.

create table artifact_uploads (
  id text primary key,
  path text collate "C" not null,
  part_count integer not null,
  expires_at timestamptz not null,
  -- Set once the file is in place, so that a client may complete twice.
  sha256 text,
  bytes bigint
);
create index artifact_uploads_by_expiry on artifact_uploads (expires_at);

create table artifact_upload_parts (
  upload_id text not null references artifact_uploads (id) on delete cascade,
  part_number integer not null,
  sha256 text not null,
  bytes bigint not null,
  primary key (upload_id, part_number)
);
create index artifact_upload_parts_by_content on artifact_upload_parts (sha256);

create table artifact_links (
  id text primary key,
  path text collate "C" not null,
  access text not null check (access in ('read', 'write')),
  expires_at timestamptz not null
);
create index artifact_links_by_expiry on artifact_links (expires_at);

create index artifacts_by_content on artifacts (sha256);
create index snapshots_by_content on snapshots (content_hash);

-- Every content of the blob store that something names. A blob that is not here may be removed: a migration that adds a
-- table with hashes of blobs replaces this view with one that includes it.
create view blob_references as
  select sha256 from artifacts
  union all select sha256 from artifact_upload_parts
  union all select content_hash from snapshots;
