BEGIN TRANSACTION;
CREATE TABLE applied(
  unit text primary key, at integer not null, result text not null) without rowid;
CREATE TABLE blob_refs(
  digest text not null, execution_id text not null, primary key(digest, execution_id)
) without rowid;
CREATE TABLE drafts(
  workflow_id text primary key, text text not null, at integer not null) without rowid;
CREATE TABLE events(
  id integer primary key autoincrement, execution_id text not null, seq integer not null,
  event_id text not null, at integer not null, type text not null, workflow_id text not null,
  node text not null, kind text not null, visit integer not null, attempt integer not null,
  status text not null, started_at integer not null, duration real not null,
  payload text not null, unique(execution_id, seq));
INSERT INTO "events" VALUES(1,'0199a000-0000-7000-8000-000000000001',1,'e1-1',1790000000000001,'execution.started','greet','','',0,0,'',0,0.0,'{"type":"execution.started","workflow_id":"greet","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","trigger":"manual","inputs":{"name":"Zoë"},"key":"mail-1"}');
INSERT INTO "events" VALUES(2,'0199a000-0000-7000-8000-000000000001',2,'e1-2',1790000000000002,'visit.started','greet','load','data.frame',1,0,'',0,0.0,'{"type":"visit.started","visit":1,"node":"load","kind":"data.frame"}');
INSERT INTO "events" VALUES(3,'0199a000-0000-7000-8000-000000000001',3,'e1-3',1790000000000003,'visit.succeeded','greet','load','data.frame',1,1,'succeeded',1790000000000000,1.0,'{"type":"visit.succeeded","visit":1,"node":"load","kind":"data.frame","port":"out","outputs":{"n":1},"started_at":1790000000000000,"duration":1.0}');
INSERT INTO "events" VALUES(4,'0199a000-0000-7000-8000-000000000001',4,'e1-4',1790000000000004,'execution.finished','greet','','',0,0,'succeeded',1790000000000000,9.0,'{"type":"execution.finished","status":"succeeded","workflow_id":"greet","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","trigger":"manual","started_at":1790000000000000,"duration":9.0,"visits":1}');
INSERT INTO "events" VALUES(5,'0199a000-0000-7000-8000-000000000002',1,'e2-1',1790000000000001,'execution.started','greet','','',0,0,'',0,0.0,'{"type":"execution.started","workflow_id":"greet","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","trigger":"manual","inputs":{"name":"Zoë"}}');
INSERT INTO "events" VALUES(6,'0199a000-0000-7000-8000-000000000002',2,'e2-2',1790000000000002,'execution.finished','greet','','',0,0,'failed',1790000000000000,9.0,'{"type":"execution.finished","status":"failed","workflow_id":"greet","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","trigger":"manual","started_at":1790000000000000,"duration":9.0,"error":{"type":"boom","title":"It broke"}}');
INSERT INTO "events" VALUES(7,'0199a000-0000-7000-8000-000000000003',1,'e3-1',1790000000000001,'execution.started','greet','','',0,0,'',0,0.0,'{"type":"execution.started","workflow_id":"greet","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","trigger":"manual","inputs":{"name":"Zoë"}}');
INSERT INTO "events" VALUES(8,'0199a000-0000-7000-8000-000000000003',2,'e3-2',1790000000000002,'visit.started','greet','pause','flow.delay',1,0,'',0,0.0,'{"type":"visit.started","visit":1,"node":"pause","kind":"flow.delay"}');
INSERT INTO "events" VALUES(9,'0199a000-0000-7000-8000-000000000003',3,'e3-3',1790000000000003,'visit.parked','greet','pause','',1,0,'',0,0.0,'{"type":"visit.parked","visit":1,"node":"pause","until":1790000000000050}');
INSERT INTO "events" VALUES(10,'0199a000-0000-7000-8000-000000000004',1,'e4-1',1790000000000001,'execution.started','greet','','',0,0,'',0,0.0,'{"type":"execution.started","workflow_id":"greet","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","trigger":"manual","inputs":{"name":"Zoë"}}');
INSERT INTO "events" VALUES(11,'0199a000-0000-7000-8000-000000000004',2,'e4-2',1790000000000002,'visit.started','greet','load','data.frame',1,0,'',0,0.0,'{"type":"visit.started","visit":1,"node":"load","kind":"data.frame"}');
INSERT INTO "events" VALUES(12,'0199a000-0000-7000-8000-000000000005',1,'e5-1',1790000000000001,'execution.started','greet','','',0,0,'',0,0.0,'{"type":"execution.started","workflow_id":"greet","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","trigger":"manual","inputs":{"name":"Zoë"}}');
CREATE TABLE executions(
  id text primary key, workflow_id text not null, digest text not null, trigger text not null,
  created_at integer not null, key text not null, user text not null, session text not null,
  chat text not null, status text not null, wake_at integer, finished_at integer,
  error text not null, epoch integer not null, holder text, changed integer not null
) without rowid;
INSERT INTO "executions" VALUES('0199a000-0000-7000-8000-000000000001','greet','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','manual',1790000000000001,'mail-1','ann','','','succeeded',NULL,1790000000000004,'',1,NULL,2);
INSERT INTO "executions" VALUES('0199a000-0000-7000-8000-000000000002','greet','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','manual',1790000000000002,'','','','','failed',NULL,1790000000000002,'It broke',1,NULL,4);
INSERT INTO "executions" VALUES('0199a000-0000-7000-8000-000000000003','greet','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','manual',1790000000000003,'','','','','waiting',1790000000000050,NULL,'',1,NULL,6);
INSERT INTO "executions" VALUES('0199a000-0000-7000-8000-000000000004','greet','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','manual',1790000000000004,'','','','','running',NULL,NULL,'',1,'01a200f2-c4b2-7e27-803e-8a8583aac0d6',7);
INSERT INTO "executions" VALUES('0199a000-0000-7000-8000-000000000005','greet','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','manual',1790000000000005,'','','','','queued',NULL,NULL,'',1,NULL,8);
CREATE TABLE meta(name text primary key, value text not null) without rowid;
CREATE TABLE schedules(
  workflow_id text not null, node text not null, spec text not null, next_at integer,
  last_at integer, is_active integer not null, primary key(workflow_id, node)) without rowid;
INSERT INTO "schedules" VALUES('greet','timer','{"cron":"0 7 * * *"}',1790000000000099,NULL,1);
CREATE TABLE segments(
  name text primary key, lo integer not null, hi integer not null, rows integer not null,
  bytes integer not null, first_id text not null, last_id text not null,
  first_at integer not null, last_at integer not null, created_at integer not null,
  dropped_at integer) without rowid;
CREATE TABLE signals(
  id integer primary key, execution_id text not null, kind text not null, payload text not null);
INSERT INTO "signals" VALUES(1,'0199a000-0000-7000-8000-000000000005','cancel','too late');
CREATE TABLE trigger_keys(
  key text primary key, execution_id text not null, at integer not null) without rowid;
INSERT INTO "trigger_keys" VALUES('mail-1','0199a000-0000-7000-8000-000000000001',1790000000000001);
CREATE TABLE variables(
  scope text not null, owner text not null, name text not null, value text not null,
  expires_at integer, primary key(scope, owner, name)) without rowid;
INSERT INTO "variables" VALUES('user','ann','count','41',NULL);
CREATE TABLE versions(
  digest text not null, workflow_id text not null, name text not null, text text not null,
  at integer not null, primary key(digest, workflow_id)) without rowid;
INSERT INTO "versions" VALUES('dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','greet','Greet','text',1790000000000000);
CREATE TABLE workflows(
  id text primary key, name text not null, path text not null, active_digest text not null,
  latest_digest text not null, updated_at integer not null, activated_at integer) without rowid;
INSERT INTO "workflows" VALUES('greet','Greet','','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',1790000000000000,1790000000000009);
CREATE INDEX executions_live on executions(status, wake_at)
  where status in ('queued', 'running', 'waiting');
CREATE INDEX executions_changed on executions(changed);
CREATE INDEX executions_workflow on executions(workflow_id, id);
CREATE INDEX signals_execution on signals(execution_id);
CREATE INDEX blob_refs_execution on blob_refs(execution_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',12);
COMMIT;
pragma user_version = 1;
