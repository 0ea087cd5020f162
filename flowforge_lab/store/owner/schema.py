"""The tables of the journal: each step takes a file from one version to the next, and never changes."""

_FIRST = """
create table meta(name text primary key, value text not null) without rowid;
create table events(
  id integer primary key autoincrement, execution_id text not null, seq integer not null,
  event_id text not null, at integer not null, type text not null, workflow_id text not null,
  node text not null, kind text not null, visit integer not null, attempt integer not null,
  status text not null, started_at integer not null, duration real not null,
  payload text not null, unique(execution_id, seq));
create table executions(
  id text primary key, workflow_id text not null, digest text not null, trigger text not null,
  created_at integer not null, key text not null, user text not null, session text not null,
  chat text not null, status text not null, wake_at integer, finished_at integer,
  error text not null, epoch integer not null, holder text, changed integer not null
) without rowid;
create index executions_live on executions(status, wake_at)
  where status in ('queued', 'running', 'waiting');
create index executions_changed on executions(changed);
create index executions_workflow on executions(workflow_id, id);
create table trigger_keys(
  key text primary key, execution_id text not null, at integer not null) without rowid;
create table signals(
  id integer primary key, execution_id text not null, kind text not null, payload text not null);
create index signals_execution on signals(execution_id);
create table applied(
  unit text primary key, at integer not null, result text not null) without rowid;
create table blob_refs(
  digest text not null, execution_id text not null, primary key(digest, execution_id)
) without rowid;
create index blob_refs_execution on blob_refs(execution_id);
create table segments(
  name text primary key, lo integer not null, hi integer not null, rows integer not null,
  bytes integer not null, first_id text not null, last_id text not null,
  first_at integer not null, last_at integer not null, created_at integer not null,
  dropped_at integer) without rowid;
create table versions(
  digest text not null, workflow_id text not null, name text not null, text text not null,
  at integer not null, primary key(digest, workflow_id)) without rowid;
create table workflows(
  id text primary key, name text not null, path text not null, active_digest text not null,
  latest_digest text not null, updated_at integer not null, activated_at integer) without rowid;
create table drafts(
  workflow_id text primary key, text text not null, at integer not null) without rowid;
create table schedules(
  workflow_id text not null, node text not null, spec text not null, next_at integer,
  last_at integer, is_active integer not null, primary key(workflow_id, node)) without rowid;
create table variables(
  scope text not null, owner text not null, name text not null, value text not null,
  expires_at integer, primary key(scope, owner, name)) without rowid;
"""

# the index of unfinished executions is an `or`, since SQLite takes `status = 'queued'` for no part of an `in`
_SECOND = """
alter table executions add column parent text not null default '';
alter table executions add column is_awaited integer not null default 0;
alter table executions add column origin text not null default '';
alter table executions add column priority integer not null default 0;
alter table executions add column slot text not null default '';
alter table executions add column max_in_slot integer not null default 0;
alter table executions add column on_limit text not null default 'queue';
alter table executions add column is_replaced integer not null default 0;
drop index executions_live;
create index executions_live on executions(status, wake_at)
  where status = 'queued' or status = 'running' or status = 'waiting' or status = 'paused';
create index executions_queued on executions(workflow_id, priority desc, id) where status = 'queued';
create index executions_slot on executions(slot, status) where slot <> '';
create index executions_parent on executions(parent) where parent <> '';
alter table trigger_keys add column until integer;
drop index signals_execution;
alter table signals rename to signals_before;
create table signals(
  id integer primary key autoincrement, execution_id text not null, kind text not null,
  payload text not null);
insert into signals select id, execution_id, kind, payload from signals_before order by id;
drop table signals_before;
create index signals_execution on signals(execution_id);
create table waits(
  id integer primary key autoincrement, key text not null, execution_id text not null,
  visit integer not null, terms text not null, until integer,
  unique(execution_id, visit, key));
create index waits_key on waits(key, id);
create table activations(
  id integer primary key autoincrement, workflow_id text not null, digest text not null,
  at integer not null, by text not null);
create index activations_workflow on activations(workflow_id, id);
insert into activations(workflow_id, digest, at, by)
  select id, active_digest, coalesce(activated_at, updated_at), '' from workflows
  where active_digest <> '' order by activated_at;
create table labels(
  workflow_id text not null, label text not null, digest text not null, at integer not null,
  primary key(workflow_id, label)) without rowid;
create table pins(
  workflow_id text not null, node text not null, value text not null, at integer not null,
  primary key(workflow_id, node)) without rowid;
create table dead_letters(
  execution_id text primary key, workflow_id text not null, failed_at integer not null,
  error text not null, status text not null default 'open', retried_as text not null default '',
  by text not null default '', reason text not null default '',
  changed integer not null default 0) without rowid;
create index dead_letters_open on dead_letters(execution_id) where status = 'open';
create index dead_letters_changed on dead_letters(changed) where changed > 0;
insert into dead_letters(execution_id, workflow_id, failed_at, error)
  select id, workflow_id, coalesce(finished_at, created_at), error from executions
  where status = 'failed';
"""

_THIRD = """
create table users(
  id text primary key, name text not null, phone text not null, email text not null,
  telegram_id integer, telegram_name text not null, balance text not null, data text not null,
  created_at integer not null, updated_at integer not null) without rowid;
create unique index users_phone on users(phone) where phone <> '';
create unique index users_email on users(email) where email <> '';
create unique index users_telegram on users(telegram_id) where telegram_id is not null;
create table bookings(
  id integer primary key autoincrement, user_id text not null, at integer not null,
  amount text not null, balance text not null, reason text not null, key text not null);
create index bookings_user on bookings(user_id, id);
create unique index bookings_key on bookings(user_id, key) where key <> '';
"""

MIGRATIONS = (_FIRST, _SECOND, _THIRD)
