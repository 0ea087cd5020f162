"""Knows what a person wrote: the workflow as frozen models, its YAML with comments, its digest, its format.

Never: knows which kinds of node there are, or whether the workflow makes sense.
"""

from .causes import is_caused, is_status
from .difference import Change, Difference, compare, shown
from .document import SUFFIX, Document, replace_file, stem_of
from .edges import Edge, Target
from .faults import Fault, faults_in, told_of
from .fingerprint import digest
from .inputs import accept_inputs, read_text_inputs
from .model import (
    DRAWN_PATTERN,
    ERROR_PORT,
    FORMAT,
    ID_PATTERN,
    MAX_PLACE,
    Concurrency,
    Drawn,
    InputField,
    Node,
    Retry,
    Settings,
    Workflow,
)
from .suggest import did_you_mean
from .upgrade import upgrade
from .yaml_text import load as load_yaml
from .yaml_text import plain as plain_yaml
from .yaml_text import yaml_of

__all__ = [
    "DRAWN_PATTERN",
    "ERROR_PORT",
    "FORMAT",
    "ID_PATTERN",
    "MAX_PLACE",
    "SUFFIX",
    "Change",
    "Concurrency",
    "Difference",
    "Document",
    "Drawn",
    "Edge",
    "Fault",
    "InputField",
    "Node",
    "Retry",
    "Settings",
    "Target",
    "Workflow",
    "accept_inputs",
    "compare",
    "did_you_mean",
    "digest",
    "faults_in",
    "is_caused",
    "is_status",
    "load_yaml",
    "plain_yaml",
    "read_text_inputs",
    "replace_file",
    "shown",
    "stem_of",
    "told_of",
    "upgrade",
    "yaml_of",
]
