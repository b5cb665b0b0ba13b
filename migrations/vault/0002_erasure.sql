-- Erasures of people and how far each is. Nothing here is personal.
CREATE TABLE IF NOT EXISTS erasure (
  user_id         TEXT PRIMARY KEY,
  key_id          TEXT NOT NULL,
  requested_by    TEXT NOT NULL,
  reason          TEXT NOT NULL,
  requested_at    BIGINT NOT NULL,
  consents_ended  BIGINT,
  secrets_deleted BIGINT,
  sessions_ended  BIGINT,
  banks_not_told  BIGINT,
  destroyed_at    BIGINT,
  cleared_at      BIGINT,
  finished_at     BIGINT
);
