"""Columns in SQL that somebody wrote, where a table is limited to some of its columns.

Such a statement must say which columns it means: stars, whole rows and renamed columns are refused, since
they reach what is not on the list.
"""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from .policy import TableName, TablePolicy, not_allowed


def check_columns(tree: exp.Expr, tables: Mapping[int, TableName], policy: TablePolicy) -> None:
    """Let the statement use its columns.

    Raises:
        NodeError: one is not on the list of its table, or could be such a one (`sql.not_allowed`).
    """
    limited = {id_: table for id_, table in tables.items() if policy.columns_of(table) is not None}
    if not limited:
        return
    nodes = {id(node): node for node in tree.find_all(exp.Table)}
    aliases: dict[str, set[TableName]] = {}
    for id_, table in limited.items():
        _refuse_renamed(nodes[id_])
        aliases.setdefault((nodes[id_].alias or table.name).lower(), set()).add(table)
    _refuse_stars(tree)
    for column in tree.find_all(exp.Column):
        _check(column, aliases, policy)
    for shared in _shared(tree):
        for table in limited.values():
            policy.allow_columns(table, [shared])
    _check_changes(tree, tables, policy)


def _shared(tree: exp.Expr) -> Iterator[str]:
    """Yield the columns in USING."""
    for join in tree.find_all(exp.Join):
        for shared in join.args.get("using") or ():
            yield shared.name


def _check_changes(tree: exp.Expr, tables: Mapping[int, TableName], policy: TablePolicy) -> None:
    for insert in tree.find_all(exp.Insert):
        _check_insert(insert, tables, policy)
    for update in tree.find_all(exp.Update):
        target = tables.get(id(update.this))
        for change in update.expressions:
            if target is not None and isinstance(change, exp.EQ):
                policy.allow_columns(target, [change.this.name])


def _refuse_renamed(node: exp.Table) -> None:
    alias = node.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        msg = "columns of a table with a list may not be renamed in FROM"
        raise not_allowed(msg)


def _refuse_stars(tree: exp.Expr) -> None:
    for star in tree.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count):
            msg = "name the columns: a table here has a list of them, and * means all"
            raise not_allowed(msg)
    for kind in (exp.Dot, exp.TableColumn):
        if tree.find(kind):
            msg = "parts of whole rows may not be used: a table here has a list"
            raise not_allowed(msg)
    for join in tree.find_all(exp.Join):
        if str(join.args.get("method") or "").upper() == "NATURAL":
            msg = "NATURAL JOIN compares columns that are not named; use ON"
            raise not_allowed(msg)


def _check(column: exp.Column, aliases: Mapping[str, set[TableName]], policy: TablePolicy) -> None:
    if not column.table:
        if column.name.lower() in aliases:
            msg = f"{column.name!r} would mean the whole row"
            raise not_allowed(msg)
        for tables in aliases.values():
            for table in tables:
                policy.allow_columns(table, [column.name])
        return
    if column.table.lower() == "excluded":
        tables = set().union(*aliases.values())
    else:
        tables = aliases.get(column.table.lower(), set())
    for table in tables:
        policy.allow_columns(table, [column.name])


def _check_insert(
    insert: exp.Insert, tables: Mapping[int, TableName], policy: TablePolicy
) -> None:
    schema = insert.this
    target = tables.get(id(schema.this if isinstance(schema, exp.Schema) else schema))
    if target is None or policy.columns_of(target) is None:
        return
    if not isinstance(schema, exp.Schema):
        msg = f"name the columns of {target} to insert into"
        raise not_allowed(msg)
    policy.allow_columns(target, [column.name for column in schema.expressions])
