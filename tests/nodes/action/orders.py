"""The table of orders, in both databases."""

from flowforge_lab.nodes import Registry

NODE = Registry().get("action.database_query")


ALL = ["select", "insert", "update", "delete"]


TABLE = """
CREATE TABLE orders (id int PRIMARY KEY, who text NOT NULL DEFAULT 'nobody', total numeric(9,2),
                     at timestamptz, data jsonb, tags text[]);
INSERT INTO orders VALUES (1, 'ada', 10.50, '2030-01-01T10:00Z', '{"a": 1}', '{x,y}'), (2, 'bob', NULL, NULL, NULL, NULL);
CREATE TABLE secrets (id int PRIMARY KEY, word text);
INSERT INTO secrets VALUES (1, 's3same');
"""


def rows(*ids):
    return [{"id": number, "who": f"w{number}"} for number in ids]
