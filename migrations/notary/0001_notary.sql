-- The Merkle tree's stored nodes and the signed checkpoints. The tree can be built again from the
-- log; what was signed cannot be taken back. The text runs on SQLite and PostgreSQL.
CREATE TABLE IF NOT EXISTS tile (
  level  BIGINT NOT NULL,
  place  BIGINT NOT NULL,
  hashes BYTEA  NOT NULL,
  PRIMARY KEY (level, place)
);
CREATE TABLE IF NOT EXISTS tree (
  one      BIGINT NOT NULL PRIMARY KEY,
  size     BIGINT NOT NULL,
  frontier BYTEA  NOT NULL
);
CREATE TABLE IF NOT EXISTS signed (
  size      BIGINT NOT NULL PRIMARY KEY,
  root      BYTEA  NOT NULL,
  note      TEXT   NOT NULL,
  signed_at BIGINT NOT NULL
);
