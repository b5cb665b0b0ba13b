-- The event log. Rows are only ever added; positions are dense from 1.
CREATE TABLE event (
  position       bigint PRIMARY KEY,
  stream_id      text   NOT NULL,
  version        bigint NOT NULL,
  event_id       uuid   NOT NULL,
  event_type     text   NOT NULL,
  schema_version smallint NOT NULL,
  recorded_at    bigint NOT NULL,
  metadata       bytea  NOT NULL,
  key_id         uuid   NOT NULL,
  payload        bytea  NOT NULL,
  hash           bytea  NOT NULL
);
CREATE UNIQUE INDEX event_stream ON event (stream_id, version);
CREATE UNIQUE INDEX event_once ON event (event_id);

-- The Merkle tree over the log as of its last position. Its one row is locked by every append, so
-- positions are given out, and become visible, in order.
CREATE TABLE head (
  id          smallint PRIMARY KEY CHECK (id = 0),
  size        bigint NOT NULL,
  frontier    bytea  NOT NULL,
  root        bytea  NOT NULL,
  recorded_at bigint NOT NULL
);
INSERT INTO head VALUES (0, 0, '', '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0);

CREATE FUNCTION event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'events are never changed or deleted'; END $$;
CREATE TRIGGER event_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON event
FOR EACH STATEMENT EXECUTE FUNCTION event_is_final();
