"""SQL that somebody wrote, judged part by part; what is run is written anew from what was judged.

The database never sees the text itself: another reader of it might take it for something else than ours did.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from uuid import uuid4

from flowforge_lab.clients.sql_text import parameters_told
from flowforge_lab.errors import NodeError

try:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
except ImportError as error:
    raise NodeError(
        "a library is missing",
        type="library.missing",
        detail="SQL over connections needs pip install flowforge-lab[databases]",
        is_transient=False,
    ) from error

from .columns import check_columns
from .policy import TableName, TablePolicy, Verb, check_name, not_allowed
from .statements import Dialect, Ready, WrittenSql

_VERBS: Mapping[type[exp.Expr], Verb] = {
    exp.Select: "select",
    exp.SetOperation: "select",
    exp.Values: "select",
    exp.Insert: "insert",
    exp.Update: "update",
    exp.Delete: "delete",
}
_HARMLESS = frozenset(
    [
        "age",
        "array_length",
        "array_to_string",
        "btrim",
        "cardinality",
        "chr",
        "date_bin",
        "daterange",
        "format",
        "gen_random_uuid",
        "initcap",
        "int4range",
        "isfinite",
        "json_agg",
        "json_array_elements",
        "json_array_elements_text",
        "json_build_array",
        "json_build_object",
        "json_object_agg",
        "json_typeof",
        "jsonb_agg",
        "jsonb_array_elements",
        "jsonb_array_elements_text",
        "jsonb_build_array",
        "jsonb_build_object",
        "jsonb_each",
        "jsonb_each_text",
        "jsonb_object_agg",
        "jsonb_object_keys",
        "jsonb_pretty",
        "jsonb_set",
        "jsonb_strip_nulls",
        "jsonb_typeof",
        "justify_days",
        "make_date",
        "make_interval",
        "make_timestamp",
        "md5",
        "num_nonnulls",
        "num_nulls",
        "numrange",
        "overlay",
        "row_to_json",
        "scale",
        "strpos",
        "to_hex",
        "to_json",
        "to_jsonb",
        "tsrange",
        "tstzrange",
        "width_bucket",
    ]
)
_OF_SERVER = re.compile(r"(pg|lo|dblink)_|dblink$|set_config$")
_TELLING = frozenset(
    [
        "pg_advisory_xact_lock",
        "pg_column_size",
        "pg_database_size",
        "pg_get_constraintdef",
        "pg_get_expr",
        "pg_get_indexdef",
        "pg_get_serial_sequence",
        "pg_get_viewdef",
        "pg_indexes_size",
        "pg_input_is_valid",
        "pg_relation_size",
        "pg_size_bytes",
        "pg_size_pretty",
        "pg_sleep",
        "pg_table_size",
        "pg_total_relation_size",
        "pg_try_advisory_xact_lock",
        "pg_typeof",
    ]
)
_TABLES = (exp.Anonymous, exp.GenerateSeries, exp.ExplodingGenerateSeries, exp.Unnest)
logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what we refuse anyway


@lru_cache(maxsize=256)
def named_values(sql: str, dialect: Dialect) -> frozenset[str]:
    """Return the names of the `$values` that one statement asks for.

    Raises:
        ValueError: it cannot be read, or is not exactly one statement.
    """
    return frozenset(_parameters(_parsed(sql, dialect)))


def judged(written: WrittenSql, policy: TablePolicy, dialect: Dialect) -> Ready:
    """Return the statement for the driver, if the policy allows all of it.

    Raises:
        NodeError: it does not (`sql.not_allowed`), or the text is no statement (`sql.invalid`).
    """
    try:
        tree = _parsed(written.sql, dialect)
    except ValueError as error:
        raise _invalid(str(error)) from error
    verbs = set(_verbs_in(tree))
    for verb in verbs:
        policy.allow_verb(verb)
    _refuse_strange(tree, policy)
    tables = _qualified(tree, policy)
    _refuse_server(tree, policy)
    if not policy.is_open:
        _check_functions(tree, policy)
        check_columns(tree, tables, policy)
    told = parameters_told(set(_parameters(tree)), written.parameters)
    if told:
        raise _invalid(told)
    has_rows = isinstance(tree, exp.Query | exp.Values) or bool(tree.args.get("returning"))
    return Ready(_rendered(tree, dialect), written.parameters, has_rows, verbs == {"select"})


def _parsed(sql: str, dialect: Dialect) -> exp.Expr:
    try:
        found = [tree for tree in sqlglot.parse(sql, read=dialect) if tree is not None]
    except (SqlglotError, RecursionError) as error:
        errors = getattr(error, "errors", None)
        where = errors[0] if errors else {}
        place = f"line {where['line']}: " if where.get("line") else ""
        msg = f"{place}{where.get('description') or str(error) or 'nested too deeply'}"
        raise ValueError(msg) from error
    if len(found) != 1:
        msg = f"expected one statement, found {len(found)}; give each a step of its own"
        raise ValueError(msg)
    return found[0]


def _verbs_in(tree: exp.Expr) -> Iterator[Verb]:
    """Yield what the statement does; anything but reading and writing rows is refused."""
    if not isinstance(tree, tuple(_VERBS)):
        msg = f"expected SELECT, INSERT, UPDATE or DELETE, found {tree.key.upper()}"
        raise not_allowed(msg)
    for node in tree.walk():
        for kind, verb in _VERBS.items():
            if isinstance(node, kind) and not _is_values_of_insert(node):
                yield verb
    for conflict in tree.find_all(exp.OnConflict):
        if conflict.expressions:
            yield "update"


def _is_values_of_insert(node: exp.Expr) -> bool:
    return isinstance(node, exp.Values) and isinstance(node.parent, exp.Insert)


def _refuse_strange(tree: exp.Expr, policy: TablePolicy) -> None:
    """Refuse what writes or locks from inside a SELECT, and what was not understood."""
    for kind in (exp.Into, exp.Command, exp.DDL, exp.Merge, exp.Drop, exp.Copy):
        found = next(
            (node for node in tree.find_all(kind) if not isinstance(node, tuple(_VERBS))), None
        )
        if found is not None:
            msg = f"{found.key.upper()} cannot stand in a statement"
            raise not_allowed(msg)
    if tree.find(exp.Lock):
        policy.allow_verb("update")


def _qualified(tree: exp.Expr, policy: TablePolicy) -> dict[int, TableName]:
    """Return the real tables by the identity of their node, each with its schema written out.

    Raises:
        NodeError: one may not be used (`sql.not_allowed`).
    """
    found = {}
    for node in list(tree.find_all(exp.Table)):
        if not isinstance(node.this, exp.Identifier):
            continue  # a function in FROM, judged as such
        if not node.args.get("db") and _name(node.this) in _visible_ctes(node):
            continue
        if node.args.get("catalog"):
            msg = f"{node.sql()} names another database"
            raise not_allowed(msg)
        schema = _name(node.args["db"]) if node.args.get("db") else policy.schema
        table = TableName(schema, _name(node.this))
        for part in table:
            check_name(part)
        policy.allow(_use_of(node), table)
        node.set("db", exp.to_identifier(schema, quoted=True))
        node.set("this", exp.to_identifier(table.name, quoted=True))
        found[id(node)] = table
    return found


def _use_of(node: exp.Table) -> Verb:
    """Return what is done to the table; one that is written to is the target of its statement."""
    parent = node.parent.parent if isinstance(node.parent, exp.Schema) else node.parent
    for kind in (exp.Insert, exp.Update, exp.Delete):
        if isinstance(parent, kind) and node.find_ancestor(kind) is parent:
            is_target = parent.this is node or parent.this is node.parent
            return _VERBS[kind] if is_target else "select"
    return "select"


def _visible_ctes(node: exp.Expr) -> set[str]:
    """Return the names in WITH that a table at this place may mean; a target is always a real table."""
    if isinstance(node, exp.Table) and _use_of(node) != "select":
        return set()
    visible: set[str] = set()
    child: exp.Expr = node
    while child.parent is not None:
        parent = child.parent
        if isinstance(parent, exp.With):
            names = [_name(one.args["alias"].this) for one in parent.expressions]
            is_open = bool(parent.args.get("recursive"))
            before = next(index for index, one in enumerate(parent.expressions) if one is child)
            visible.update(names if is_open else names[:before])
            parent = parent.parent or parent
        elif isinstance(found := parent.args.get("with_") or parent.args.get("with"), exp.With):
            visible.update(_name(one.args["alias"].this) for one in found.expressions)
        child = parent
    return visible


def _name(identifier: exp.Expr) -> str:
    """Return a name as the database keeps it: small letters unless it is quoted."""
    text = str(identifier.this) if isinstance(identifier, exp.Identifier) else identifier.name
    is_quoted = isinstance(identifier, exp.Identifier) and identifier.args.get("quoted")
    return text if is_quoted else text.lower()


def _refuse_server(tree: exp.Expr, policy: TablePolicy) -> None:
    """Refuse functions that act on the server itself: they read its files, end sessions, leave locks."""
    for node in tree.find_all(exp.Anonymous):
        name = node.name.lower()
        if _OF_SERVER.match(name) and name not in _TELLING | policy.functions:
            msg = f"the function {node.name}() acts on the server; where it must be, name it in 'functions'"
            raise not_allowed(msg)


def _check_functions(tree: exp.Expr, policy: TablePolicy) -> None:
    """Refuse functions that nobody knows: some run SQL of their own, or read files."""
    for source in tree.find_all(exp.Table):
        if isinstance(source.this, exp.Func) and not isinstance(source.this, _TABLES):
            msg = f"{source.this.sql()} cannot stand for a table"
            raise not_allowed(msg)
    for node in tree.find_all(exp.Anonymous):
        name = node.name.lower()
        if isinstance(node.parent, exp.Dot) or name not in _HARMLESS | policy.functions:
            msg = f"the function {node.name}() is not on the connection's list"
            raise not_allowed(msg)


def _parameters(tree: exp.Expr) -> Iterator[str]:
    for node in tree.find_all(exp.Parameter, exp.Placeholder):
        name = node.name if isinstance(node, exp.Parameter) else str(node.this or "")
        if not name or name.isdigit():
            msg = "values are named in the SQL: write $name and give it in 'parameters'"
            raise _invalid(msg)
        yield name


def _rendered(tree: exp.Expr, dialect: Dialect) -> str:
    """Return the text of the tree, with the driver's marks for values and nothing it takes for one."""
    if dialect == "duckdb":
        return tree.sql(dialect=dialect, comments=False)
    mark = f"v{uuid4().hex}"
    for node in list(tree.find_all(exp.Parameter, exp.Placeholder)):
        name = node.name if isinstance(node, exp.Parameter) else str(node.this)
        node.replace(exp.column(f"{mark}_{name}_", quoted=True))
    text = tree.sql(dialect=dialect, comments=False).replace("%", "%%")
    parts = text.split(f'"{mark}_')
    rest = (part.partition('_"') for part in parts[1:])
    return parts[0] + "".join(f"%({name})s{after}" for name, _, after in rest)


def _invalid(detail: str) -> NodeError:
    title = "the statement cannot be run"
    return NodeError(title, type="sql.invalid", detail=detail, is_transient=False)
