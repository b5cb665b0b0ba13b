-- The highest fence seen of each leased thing: what was decided under a lower one is refused in the
-- transaction that would store it. Not part of the history; dropping a row opens nothing that the
-- stream's version does not refuse.
CREATE TABLE fence (
  scope  TEXT    PRIMARY KEY,
  number INTEGER NOT NULL
) STRICT;
