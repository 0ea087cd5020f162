"""Commands whose help ends with examples that can be pasted."""

from typing import Any

import click


class Command(click.Command):
    """A command with `examples`: lines as one would type them."""

    def __init__(self, *arguments: Any, examples: tuple[str, ...], **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        _write(self.examples, formatter)


class Group(click.Group):
    """A group of commands with `examples`."""

    def __init__(self, *arguments: Any, examples: tuple[str, ...], **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        _write(self.examples, formatter)


def _write(examples: tuple[str, ...], formatter: click.HelpFormatter) -> None:
    with formatter.section("Examples"):
        for example in examples:
            formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
