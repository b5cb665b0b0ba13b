-- The Merkle tree's stored nodes. They can be built again from the log; what was signed is in the
-- vault. The text runs on SQLite and PostgreSQL.
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
