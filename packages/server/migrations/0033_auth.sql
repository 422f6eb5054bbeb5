-- Who may use this server, and what programs and browsers prove it with. Secrets are stored as hashes only.

create table users (
  id text primary key,
  -- As it was written; another one that differs by case only is the same.
  name text not null,
  -- Argon2id in its text form, with its parameters; null for one who cannot log in by a password.
  password_hash text,
  role text not null check (role in ('viewer', 'editor', 'operator', 'admin')),
  -- The only models to predict with and to change; null for all.
  models text[],
  is_active boolean not null default true,
  -- Stands in each token: raising it makes all of them void.
  session_version integer not null default 1,
  created_at timestamptz not null,
  last_login_at timestamptz
);
create unique index users_name on users (lower(name));

create table api_keys (
  -- The part of a key that is no secret.
  id text primary key,
  -- Null for the keys of programs that this server starts.
  user_id text references users (id) on delete cascade,
  name text not null,
  -- SHA-256 of the whole key: 256 random bits need no slow hash.
  secret_hash bytea not null,
  -- Null for all that the owner may.
  scopes text[],
  models text[],
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  replaced_by text
);
create index api_keys_user on api_keys (user_id, created_at desc);

create table sessions (
  id text primary key,
  token_hash bytea not null unique,
  user_id text not null references users (id) on delete cascade,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  user_agent text not null,
  address text not null
);
create index sessions_user on sessions (user_id, last_seen_at desc);

-- Tokens that were given back before their time; rows go when the time is over.
create table revoked_tokens (
  jti text primary key,
  expires_at timestamptz not null
);

-- What tokens are signed with, made at the first start.
create table token_keys (
  id text primary key,
  secret bytea not null,
  created_at timestamptz not null
);

-- One-time links that make an admin.
create table admin_links (
  token_hash bytea primary key,
  expires_at timestamptz not null
);
