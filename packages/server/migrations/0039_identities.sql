-- Users of an identity provider, and one-time links by which users choose a password.

-- Issuer and subject together name a person for ever; names and addresses of mail change hands.
create table user_identities (
  issuer text not null,
  subject text not null,
  user_id text not null references users (id) on delete cascade,
  created_at timestamptz not null,
  primary key (issuer, subject)
);
create index user_identities_user on user_identities (user_id);

create table password_links (
  token_hash bytea primary key,
  user_id text not null references users (id) on delete cascade,
  expires_at timestamptz not null
);
create index password_links_user on password_links (user_id);
