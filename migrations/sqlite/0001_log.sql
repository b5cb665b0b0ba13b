-- The event log. Rows are only ever added; positions are dense from 1.
CREATE TABLE event (
  position       INTEGER PRIMARY KEY,
  stream_id      TEXT    NOT NULL,
  version        INTEGER NOT NULL,
  event_id       BLOB    NOT NULL,
  event_type     TEXT    NOT NULL,
  schema_version INTEGER NOT NULL,
  recorded_at    INTEGER NOT NULL,
  metadata       BLOB    NOT NULL,
  key_id         BLOB    NOT NULL,
  payload        BLOB    NOT NULL,
  hash           BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_stream ON event (stream_id, version);
CREATE UNIQUE INDEX event_once ON event (event_id);

-- The Merkle tree over the log as of its last position.
CREATE TABLE head (
  id          INTEGER PRIMARY KEY CHECK (id = 0),
  size        INTEGER NOT NULL,
  frontier    BLOB    NOT NULL,
  root        BLOB    NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
INSERT INTO head VALUES (0, 0, x'', x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0);

CREATE TRIGGER event_is_final BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_stays BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
