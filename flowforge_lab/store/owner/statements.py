"""Every plain statement a client may ask for, by name; rows go out as JSON arrays.

PostgreSQL runs the same texts: they keep to what both databases understand. What only one of them can
say stands in `store/postgres/statements.py` under the same name.
"""

HEAD = (
    'id, workflow_id, digest, trigger, created_at, key, "user", session, chat, status, wake_at,'
    " finished_at, error, epoch, parent, origin, cast(priority as bigint), slot"
)
EVENT = (
    "execution_id, seq, event_id, at, type, workflow_id, node, kind, visit, attempt, status,"
    " started_at, duration, payload"
)
_SEGMENT = "name, lo, hi, rows, bytes, first_id, last_id, first_at, last_at, created_at"
_VERSION = "digest, workflow_id, name, text, at"
_WORKFLOW = """select w.id, w.name, w.path, w.active_digest, w.latest_digest,
  d.workflow_id is not null, w.updated_at, w.activated_at
  from workflows w left join drafts d on d.workflow_id = w.id"""
_SCHEDULE = "select workflow_id, node, spec, next_at, last_at, is_active from schedules"
LIVE = "(status = 'queued' or status = 'running' or status = 'waiting' or status = 'paused')"
"""An execution that is not over, in the words of the index of those."""
_LIVING = "('queued', 'running', 'waiting', 'paused')"
_WAIT = "select key, execution_id, visit, terms, until from waits"
_LETTER = """select execution_id, workflow_id, failed_at, error, status, retried_as, by, reason
  from dead_letters"""
_USER = """select id, name, phone, email, telegram_id, telegram_name, balance, data, created_at,
  updated_at from users"""
_SAME_PERSON = """((phone <> '' and phone = :phone) or (email <> '' and email = :email)
  or (telegram_id is not null and telegram_id = :telegram_id))"""
_ALIVE = "(expires_at is null or expires_at > :now)"

READS: dict[str, str] = {
    "find_head": f"select {HEAD} from executions where id = :id",
    "list_heads": f"""select {HEAD} from executions
      where (:statuses = '[]' or status in (select value from json_each(:statuses)))
      and (:workflow_id = '' or workflow_id = :workflow_id)
      and (:before = '' or id < :before) order by id desc limit :limit""",
    "moving_in_chat": f"""select {HEAD} from executions where {LIVE} and chat = :chat
      and session = :session and "user" = :user and status <> 'paused'
      and (status <> 'waiting' or wake_at <= :now) order by id desc limit 1""",
    "children_of": f"""select {HEAD} from executions where parent <> '' and parent = :id
      order by id""",
    "awaited_children_of": f"""select {HEAD} from executions where parent <> '' and parent = :id
      and is_awaited and {LIVE} order by id""",
    "waits_of_key": f"{_WAIT} where key = :key order by id",
    "waits_of_keys": f"""{_WAIT} where key in (select value from json_each(:keys))
      order by key, id""",
    "waits_of_prefix": f"""{_WAIT} where key >= :prefix and key < :prefix || '\U0010ffff'
      order by key, id""",
    "waits_of_execution": f"{_WAIT} where execution_id = :execution_id order by id",
    "list_dead_letters": f"""{_LETTER} where status = 'open'
      and (:workflow_id = '' or workflow_id = :workflow_id)
      and (:before = '' or execution_id < :before) order by execution_id desc limit :limit""",
    "list_activations": """select workflow_id, digest, at, by from activations
      where workflow_id = :workflow_id order by id desc""",
    "count_unfinished": f"""select digest, count(*) from executions
      where workflow_id = :workflow_id and {LIVE} group by digest""",
    "list_labels": """select workflow_id, label, digest, at from labels
      where workflow_id = :workflow_id order by label""",
    "list_pins": """select workflow_id, node, value, at from pins
      where workflow_id = :workflow_id order by node""",
    "get_version": f"select {_VERSION} from versions where digest = :digest limit 1",
    "list_versions": f"""select {_VERSION} from versions
      where workflow_id = :workflow_id order by at desc""",
    "list_workflows": f"{_WORKFLOW} order by w.id",
    "find_workflow": f"{_WORKFLOW} where w.id = :workflow_id",
    "find_draft": "select workflow_id, text, at from drafts where workflow_id = :workflow_id",
    "list_schedules": f"""{_SCHEDULE} where is_active or not :only_active
      order by next_at, workflow_id, node""",
    "find_variable": f"""select scope, owner, name, value, expires_at from variables
      where scope = :scope and owner = :owner and name = :name and {_ALIVE}""",
    "list_variables": f"""select scope, owner, name, value, expires_at from variables
      where scope = :scope and owner = :owner and {_ALIVE} order by name""",
    "every_variable": f"""select scope, owner, name, value, expires_at from variables
      where (:scope = '' or scope = :scope) and (:owner = '' or owner = :owner) and {_ALIVE}
      order by scope, owner, name""",
    "user_of_id": f"{_USER} where id = :id",
    "user_of_phone": f"{_USER} where phone <> '' and phone = :phone",
    "user_of_email": f"{_USER} where email <> '' and email = :email",
    "user_of_telegram": f"{_USER} where telegram_id is not null and telegram_id = :telegram_id",
    "users_like": f"{_USER} where id <> :id and {_SAME_PERSON} order by id",
    "list_users": f"""{_USER} where id > :after and (:text = '' or id = :text
      or instr(lower(name), lower(:text)) > 0 or instr(phone, :text) > 0
      or instr(email, lower(:text)) > 0)
      order by id limit :limit""",
    "bookings_of_user": """select at, amount, balance, reason from bookings
      where user_id = :user_id order by id desc limit :limit""",
    "booking_of_key": """select at, amount, balance, reason from bookings
      where user_id = :user_id and key <> '' and key = :key""",
    "list_segments": f"select {_SEGMENT} from segments where dropped_at is null order by lo, hi",
    "dropped_segments": "select name from segments where dropped_at <= :before",
    "segment_of": f"""select {_SEGMENT} from segments where dropped_at is null
      and first_id <= :id and last_id >= :id order by lo""",
    "blob_refs": """select digest from blob_refs union select part.value from pins,
      json_tree(pins.value) part where part.type = 'text' and length(part.value) = 64""",
    "blob_ages": """select r.digest, max(x.finished_at) from blob_refs r
      left join executions x on x.id = r.execution_id group by r.digest
      having count(*) = count(x.finished_at)""",
    "meta": "select name, value from meta",
    "last_position": "select coalesce(max(seq), 0) from sqlite_sequence where name = 'events'",
    "prune_step": """select coalesce(max(id), :sealed) from (select id from events
      where id > :lo and id <= :sealed order by id limit :limit) part""",
    "unsealed": """select count(*), coalesce(min(at), 0), coalesce(max(at), 0) from events
      where id > (select coalesce(max(cast(value as bigint)), 0) from meta
      where name = 'sealed_to')""",
    "count_live": f"""select status, case when wake_at is null then '' when wake_at <= :now
      then 'due' when status = 'waiting' and exists (select 1 from waits
      where waits.execution_id = executions.id) then 'answer' else 'later' end, count(*)
      from executions where {LIVE} group by 1, 2
      union all select 'failed', '', count(*) from dead_letters where status = 'open'""",
    "counts": f"""select (select count(*) from events), (select count(*) from executions),
      (select count(*) from executions where {LIVE}),
      (select count(*) from signals), (select count(*) from segments where dropped_at is null)""",
}

_KNOW_WORKFLOW = """insert into workflows values (:workflow_id, :name, :path, '', :digest, :at, null)
  on conflict(id) do update set name = excluded.name, updated_at = excluded.updated_at,
  path = case when excluded.path = '' then workflows.path else excluded.path end,
  latest_digest = case when excluded.latest_digest = '' then workflows.latest_digest
                  else excluded.latest_digest end"""
_PIN = "'pin:' || :workflow_id || '/' || :node"
_SEALED_TO = """insert into meta values ('sealed_to', :hi) on conflict(name)
  do update set value = excluded.value
  where cast(excluded.value as bigint) > cast(meta.value as bigint)"""

WRITES: dict[str, tuple[str, ...]] = {
    "put_version": (
        """insert into versions values (:digest, :workflow_id, :name, :text, :at)
          on conflict do nothing""",
        _KNOW_WORKFLOW,
        "delete from drafts where workflow_id = :workflow_id",
    ),
    "activate": (
        """insert into activations(workflow_id, digest, at, by)
          select workflow_id, digest, :at, :by from versions join workflows on id = workflow_id
          where digest = :digest and workflow_id = :workflow_id""",
        """update workflows set active_digest = :digest, activated_at = :at where id = :workflow_id
          and exists (select 1 from versions where digest = :digest
          and workflow_id = :workflow_id) returning 1""",
    ),
    "deactivate": (
        """insert into activations(workflow_id, digest, at, by)
          select id, '', :at, :by from workflows where id = :workflow_id and active_digest <> ''""",
        "update schedules set is_active = false where workflow_id = :workflow_id",
        """update workflows set active_digest = '', activated_at = null
          where id = :workflow_id returning 1""",
    ),
    "remove_workflow": (
        "delete from schedules where workflow_id = :workflow_id",
        "delete from drafts where workflow_id = :workflow_id",
        "delete from labels where workflow_id = :workflow_id",
        """delete from blob_refs where execution_id in (
          select 'pin:' || workflow_id || '/' || node from pins where workflow_id = :workflow_id)""",
        "delete from pins where workflow_id = :workflow_id",
        "delete from workflows where id = :workflow_id returning 1",
    ),
    "set_label": (
        """insert into labels select workflow_id, :label, digest, :at from versions
          where workflow_id = :workflow_id and digest = :digest
          on conflict(workflow_id, label) do update set digest = excluded.digest, at = excluded.at
          returning 1""",
    ),
    "remove_label": (
        "delete from labels where workflow_id = :workflow_id and label = :label returning 1",
    ),
    "set_pin": (
        f"delete from blob_refs where execution_id = {_PIN}",
        f"insert into blob_refs select distinct value, {_PIN} from json_each(:digests)",
        """insert into pins values (:workflow_id, :node, :value, :at) on conflict(workflow_id, node)
          do update set value = excluded.value, at = excluded.at""",
    ),
    "remove_pin": (
        f"delete from blob_refs where execution_id = {_PIN}",
        "delete from pins where workflow_id = :workflow_id and node = :node returning 1",
    ),
    "dismiss": (
        """update dead_letters set status = 'dismissed', by = :by, reason = :reason,
          changed = :change where status = 'open'
          and execution_id in (select value from json_each(:ids)) returning execution_id""",
    ),
    "save_draft": (
        _KNOW_WORKFLOW,
        """insert into drafts values (:workflow_id, :text, :at) on conflict(workflow_id)
          do update set text = excluded.text, at = excluded.at""",
    ),
    "discard_draft": ("delete from drafts where workflow_id = :workflow_id returning 1",),
    "put_schedule": (
        """insert into schedules values (:workflow_id, :node, :spec, :next_at, null, true)
          on conflict(workflow_id, node) do update
          set spec = excluded.spec, next_at = excluded.next_at, is_active = true""",
    ),
    "remove_schedules": ("delete from schedules where workflow_id = :workflow_id returning 1",),
    "claim_fire": (
        """update schedules set last_at = :due_at, next_at = :next_at where workflow_id = :workflow_id
          and node = :node and is_active and next_at = :due_at returning 1""",
    ),
    "set_variable": (
        """insert into variables values (:scope, :owner, :name, :value, :expires_at)
          on conflict(scope, owner, name) do update
          set value = excluded.value, expires_at = excluded.expires_at""",
    ),
    "swap_variable": (
        """delete from variables where scope = :scope and owner = :owner and name = :name
          and expires_at <= :now""",
        """insert into variables select :scope, :owner, :name, :value, :expires_at
          where :expected = 'null' or exists (select 1 from variables where scope = :scope
            and owner = :owner and name = :name and same_json(value, :expected))
          on conflict(scope, owner, name) do update
          set value = excluded.value, expires_at = excluded.expires_at
          where same_json(variables.value, :expected) returning 1""",
    ),
    "remove_variable": (
        """delete from variables where scope = :scope and owner = :owner
          and name = :name returning 1""",
    ),
    "add_user": (
        f"""insert into users select :id, :name, :phone, :email, :telegram_id, :telegram_name,
          :balance, :data, :at, :at where not exists
          (select 1 from users where id = :id or {_SAME_PERSON}) returning 1""",
    ),
    "change_user": (
        f"""update users set name = :name, phone = :phone, email = :email,
          telegram_id = :telegram_id, telegram_name = :telegram_name, data = :data,
          updated_at = :at where id = :id and not exists
          (select 1 from users where id <> :id and {_SAME_PERSON}) returning 1""",
    ),
    "remove_user": (
        "delete from bookings where user_id = :id",
        "delete from users where id = :id returning 1",
    ),
    "link_user": (
        """update users set telegram_id = null, telegram_name = '', updated_at = :at
          where telegram_id = :telegram_id and id <> :id and :relink = 'account'
          and exists (select 1 from users where id = :id)""",
        """update users set telegram_id = :telegram_id, telegram_name = :telegram_name,
          updated_at = :at where id = :id
          and (telegram_id is null or telegram_id = :telegram_id or :relink <> 'never')
          and not exists (select 1 from users where telegram_id = :telegram_id and id <> :id)
          returning 1""",
    ),
    "unlink_user": (
        """update users set telegram_id = null, telegram_name = '', updated_at = :at
          where id = :id and telegram_id is not null returning 1""",
    ),
    "book": (  # nothing at all where the balance is another one by now
        """insert into bookings(user_id, at, amount, balance, reason, key)
          select id, :at, :amount, :after, :reason, :key from users
          where id = :user_id and balance = :before""",
        """update users set balance = :after, updated_at = :at
          where id = :user_id and balance = :before returning 1""",
    ),
    "expire_variables": ("delete from variables where expires_at <= :now returning 1",),
    "add_segment": (
        """insert into segments select :name, :lo, :hi, :rows, :bytes, :first_id, :last_id,
          :first_at, :last_at, :now, null where :lo > (select coalesce(max(cast(value as bigint)), 0)
          from meta where name = 'sealed_to') on conflict do nothing returning 1""",
        _SEALED_TO,
    ),
    "replace_segments": (
        """update segments set dropped_at = :now where dropped_at is null
          and name in (select value from json_each(:old))""",
        """insert into segments select :name, :lo, :hi, :rows, :bytes, :first_id, :last_id,
          :first_at, :last_at, :now, null where :name <> '' on conflict do nothing""",
    ),
    "forget_segments": (
        "delete from segments where name in (select value from json_each(:names))",
    ),
    "prune_events": (  # only whole executions: finished between lo and hi, all of it sealed
        f"""delete from events where execution_id in (
          select f.execution_id from events f join executions x on x.id = f.execution_id
          where f.id > :lo and f.id <= :hi and f.type = 'execution.finished'
          and x.status not in {_LIVING}
          and not exists (select 1 from events l where l.execution_id = x.id and l.id > :sealed))""",
        "insert into meta values ('pruned_to', :hi) on conflict(name) do update set value = :hi",
    ),
    "prune_heads": (
        f"""delete from executions where finished_at < :before
          and status not in {_LIVING}
          and not exists (select 1 from events e where e.execution_id = executions.id) returning 1""",
        "delete from trigger_keys where at < :before and (until is null or until <= :before)",
        "delete from dead_letters where not exists (select 1 from executions where id = execution_id)",
        "delete from signals where not exists (select 1 from executions where id = execution_id)",
    ),
    "forget_keys": ("delete from trigger_keys where until <= :now",),
    "erase_events": (
        f"""delete from events where execution_id in (
          select x.id from executions x join json_each(:ids) on x.id = value
          where x.status not in {_LIVING})""",
    ),
    "forget_executions": (
        "delete from blob_refs where execution_id in (select value from json_each(:ids))",
        "delete from dead_letters where execution_id in (select value from json_each(:ids))",
        f"""delete from executions where id in (select value from json_each(:ids))
          and status not in {_LIVING}""",
    ),
    "claim_sweep": (
        """insert into meta values ('swept_at', :now) on conflict(name)
          do update set value = excluded.value where cast(meta.value as bigint) <= :before
          or cast(meta.value as bigint) > :latest returning 1""",
    ),
    "set_meta": (
        """insert into meta values (:name, :value)
          on conflict(name) do update set value = excluded.value""",
    ),
}

NUMBERED = frozenset({"dismiss"})
"""The statements that want a `change`, higher than all before."""
