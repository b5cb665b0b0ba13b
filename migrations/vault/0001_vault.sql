-- Keys, secrets and what lives shortly. The text runs on SQLite and PostgreSQL.
CREATE TABLE data_key (
  key_id       TEXT PRIMARY KEY,
  owner        TEXT NOT NULL UNIQUE,
  wrapped      BYTEA,
  created_at   BIGINT NOT NULL,
  destroyed_at BIGINT
);
CREATE TABLE secret (
  name       TEXT PRIMARY KEY,
  key_id     TEXT NOT NULL,
  sealed     BYTEA NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE credential (
  email_fingerprint TEXT PRIMARY KEY,
  user_id           TEXT NOT NULL,
  password_sealed   BYTEA NOT NULL,
  failures          BIGINT NOT NULL,
  retry_at          BIGINT NOT NULL
);
CREATE TABLE session (
  token_digest TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL,
  label        TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  seen_at      BIGINT NOT NULL,
  ends_at      BIGINT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);
CREATE TABLE pending_authorization (
  state_digest  TEXT PRIMARY KEY,
  consent_id    TEXT NOT NULL,
  user_id       TEXT NOT NULL,
  bank_id       TEXT NOT NULL,
  session_digest TEXT NOT NULL,
  sealed        BYTEA NOT NULL,
  created_at    BIGINT NOT NULL,
  ends_at       BIGINT NOT NULL,
  used_at       BIGINT
);
CREATE TABLE lease (
  name     TEXT PRIMARY KEY,
  holder   TEXT NOT NULL,
  fence    BIGINT NOT NULL,
  ends_at  BIGINT NOT NULL
);
