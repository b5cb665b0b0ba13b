-- Everything sealed under one person's key, in the order of the log: what was known about them at a
-- position is read from here.
CREATE INDEX event_key ON event (key_id, position);

-- The state of long streams, sealed like their events. Dropping this table loses nothing but time.
CREATE TABLE snapshot (
  stream_id   text   PRIMARY KEY,
  version     bigint NOT NULL,
  position    bigint NOT NULL,
  fingerprint bigint NOT NULL,
  key_id      uuid   NOT NULL,
  state       bytea  NOT NULL
);
