-- The secret addresses of people's calendars, as digests. One a person.
CREATE TABLE IF NOT EXISTS calendar_feed (
  token_digest TEXT   PRIMARY KEY,
  user_id      TEXT   NOT NULL UNIQUE,
  created_at   BIGINT NOT NULL
);
