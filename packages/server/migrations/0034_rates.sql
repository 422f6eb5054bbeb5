-- How much of their rates callers have used, where several servers share one database. Nothing is lost that matters when a crash of the
-- database empties it: the limits start anew.
create unlogged table rate_buckets (
  -- What is limited and who calls, as "predict:iris|user_01".
  key text primary key,
  -- When all that was used is given back: then the row says nothing any more.
  full_at timestamptz not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- Logins tried with an account since the last that succeeded; it makes the next one wait. Kept over restarts.
create table login_attempts (
  -- SHA-256 of what was typed as the name: it may be a password.
  account text primary key,
  attempts integer not null,
  last_at timestamptz not null,
  next_at timestamptz not null
);
