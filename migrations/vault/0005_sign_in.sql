-- Other ways to sign in than a password: passkeys, one-time codes and recovery codes, and what lasts
-- only while somebody signs in. The text runs on SQLite and PostgreSQL.
CREATE TABLE IF NOT EXISTS passkey (
  credential_id TEXT   PRIMARY KEY,
  user_id       TEXT   NOT NULL,
  sealed        BYTEA  NOT NULL,
  counter       BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  used_at       BIGINT
);
CREATE INDEX IF NOT EXISTS passkey_by_user ON passkey (user_id);
CREATE TABLE IF NOT EXISTS one_time_code (
  user_id   TEXT   PRIMARY KEY,
  sealed    BYTEA  NOT NULL,
  confirmed BIGINT NOT NULL,
  last_step BIGINT NOT NULL,
  failures  BIGINT NOT NULL,
  retry_at  BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS recovery_code (
  code_digest TEXT   PRIMARY KEY,
  user_id     TEXT   NOT NULL,
  used_at     BIGINT
);
CREATE INDEX IF NOT EXISTS recovery_code_by_user ON recovery_code (user_id);
CREATE TABLE IF NOT EXISTS sign_in_ticket (
  token_digest TEXT   PRIMARY KEY,
  user_id      TEXT   NOT NULL,
  purpose      TEXT   NOT NULL,
  ends_at      BIGINT NOT NULL
);
