"""Count the words of a text, and the most frequent ones.

The text comes along the edge as the field `text`, for example from a `trigger.manual` of a workflow
with an input `text`. Words are compared without regard to case.

Best practice: leave out short words with `shortest`, or the most frequent one will be "the".
Troubleshooting: "text: Field required" means that the node before gives no field of that
name; a config field that takes a template, such as `text: "{{ nodes.fetch.body }}"`, would reach any node.
"""

import re
from collections import Counter

from pydantic import ConfigDict, Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Attempt, Model, node_type


class Config(Model):
    """Which words count."""

    shortest: int = Field(default=1, ge=1, description="Words with fewer letters are left out.")
    top: int = Field(default=3, ge=0, description="How many of the most frequent words to give.")


class Inputs(Model):
    """What comes along the edge; other fields of it are not looked at."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(description="The text.")


class Outputs(Model):
    """What was counted."""

    words: int = Field(description="How many words there are.")
    frequent: list[str] = Field(description="The most frequent ones, the most frequent first.")


@node_type(
    "text.word_count",
    title="Word count",
    outputs=Outputs,
    icon="text",
    color="#0d9488",
    keywords=("text", "count", "frequency"),
)
async def word_count(config: Config, inputs: Inputs, attempt: Attempt) -> Outputs:
    """Count the words that are long enough."""
    found = [
        word for word in re.findall(r"\w+", inputs.text.lower()) if len(word) >= config.shortest
    ]
    if not found:
        raise NodeError(
            "there is no word to count",
            type="word_count.empty",
            detail=f"{len(inputs.text)} characters hold no word of {config.shortest} letters or more",
            is_transient=False,
        )
    attempt.log(f"{len(found)} words")
    return Outputs(
        words=len(found), frequent=[word for word, _ in Counter(found).most_common(config.top)]
    )
