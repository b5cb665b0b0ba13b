-- The keys that took the place of the log's first signing key, each sealed under the platform's key
-- until the next one has taken its place and the time in which both sign is over. The epoch counts the
-- changes, and whoever signs names the one it knows, so that no process signs with a key that was given up.
-- A session's token has an age of its own. Tallies count what all processes count together.
CREATE TABLE IF NOT EXISTS signing_key (
  number        TEXT   PRIMARY KEY,
  key_id        TEXT   NOT NULL,
  sealed        BYTEA,
  succession    TEXT   NOT NULL,
  overlap_until BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS signing_epoch (
  one   TEXT   PRIMARY KEY,
  epoch BIGINT NOT NULL
);
ALTER TABLE session ADD COLUMN token_at BIGINT NOT NULL DEFAULT 0;
CREATE TABLE IF NOT EXISTS tally (
  name    TEXT   PRIMARY KEY,
  number  BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS tally_by_end ON tally (ends_at);
