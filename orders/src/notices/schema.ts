/** Tables of the notices: schema `notices`. Needs `timers.now()`. */
import type { Step } from '../service/migrate.ts'

export const NOTICES = 'notices'

/**
 * A notice is what somebody is to be told, once by its key. A message is what is sent: one notice, or a digest of many.
 * Times are real (`clock_timestamp()`), but `not_before`, which goes by the clock of the deadlines.
 */
export const NOTICE_STEPS: readonly Step[] = [
  {
    name: 'notices/1-notices-and-messages',
    sql: `
CREATE TABLE notices.message (
  key text PRIMARY KEY,
  sender text NOT NULL,
  channel text NOT NULL,
  recipient text NOT NULL,
  not_before timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead', 'silenced')),
  attempts integer NOT NULL DEFAULT 0,
  tried_at timestamptz,
  pause interval NOT NULL DEFAULT '0',
  reason text,
  ended_at timestamptz
);
CREATE INDEX message_waiting ON notices.message (sender, not_before) WHERE state = 'waiting';
CREATE INDEX message_ended ON notices.message (ended_at) WHERE state <> 'waiting';

CREATE TABLE notices.notice (
  key text PRIMARY KEY,
  id bigint GENERATED ALWAYS AS IDENTITY,
  message text REFERENCES notices.message,
  sender text NOT NULL,
  channel text NOT NULL,
  recipient text NOT NULL,
  template text NOT NULL,
  data jsonb NOT NULL,
  subject text NOT NULL,
  digest text,
  not_before timestamptz NOT NULL,
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  silenced_at timestamptz
);
CREATE INDEX notice_of_message ON notices.notice (message);
CREATE INDEX notice_subject ON notices.notice (subject) WHERE silenced_at IS NULL;
CREATE INDEX notice_for_digest ON notices.notice (sender, channel, recipient, digest, not_before)
  WHERE message IS NULL AND silenced_at IS NULL;

CREATE TABLE notices.digest (
  sender text NOT NULL,
  channel text NOT NULL,
  recipient text NOT NULL,
  name text NOT NULL,
  window_length interval NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (sender, channel, recipient, name)
);
`
  }
]
