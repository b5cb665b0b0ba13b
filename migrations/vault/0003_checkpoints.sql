-- What this platform has put its name to: a signed checkpoint cannot be taken back, so it is kept and
-- copied with the vault. The name is the size in twenty digits, so that names sort like sizes.
CREATE TABLE IF NOT EXISTS signed_checkpoint (
  name      TEXT PRIMARY KEY,
  size      BIGINT NOT NULL,
  root      BYTEA  NOT NULL,
  note      TEXT   NOT NULL,
  signed_at BIGINT NOT NULL
);
