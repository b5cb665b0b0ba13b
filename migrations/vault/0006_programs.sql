-- Tokens of programs: which refresh token of a family counts is its generation. A session that is to be
-- given a new name at the next request says so. What witnesses put their names to is kept beside what
-- this platform did. The text runs on SQLite and PostgreSQL.
CREATE TABLE IF NOT EXISTS program_token (
  token_id   TEXT   PRIMARY KEY,
  role_id    TEXT   NOT NULL,
  user_id    TEXT   NOT NULL,
  scopes     TEXT   NOT NULL,
  generation BIGINT NOT NULL,
  rotated_at BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS program_token_by_user ON program_token (user_id);
ALTER TABLE session ADD COLUMN renew BIGINT NOT NULL DEFAULT 0;
CREATE TABLE IF NOT EXISTS cosignature (
  name        TEXT   NOT NULL,
  witness     TEXT   NOT NULL,
  line        TEXT   NOT NULL,
  cosigned_at BIGINT NOT NULL,
  PRIMARY KEY (name, witness)
);
