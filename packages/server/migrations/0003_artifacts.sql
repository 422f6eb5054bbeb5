-- A tree of files over the blob store. `path` is complete, with /, without a leading one.

create table artifacts (
  path text collate "C" primary key,
  sha256 text not null,
  bytes bigint not null,
  created_at timestamptz not null
);
