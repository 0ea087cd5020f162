"""A notebook as one HTML file that loads nothing from elsewhere."""

from pathlib import Path
from typing import Any

from flowforge_lab.errors import NodeError

_INLINE_ONLY = (
    "default-src 'none'; img-src data: blob:; font-src data:; style-src 'unsafe-inline';"
    " script-src 'unsafe-inline' 'unsafe-eval'"
)
_TEMPLATE = """\
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}
{%- if resources.is_enclosed -%}<meta http-equiv="Content-Security-Policy" content="CSP">{%- endif -%}
{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block data_latex scoped -%}
<div class="jp-RenderedLatex jp-OutputArea-output" data-mime-type="text/latex">
{{ output.data['text/latex'] | formula }}</div>
{%- endblock -%}
""".replace("CSP", _INLINE_ONLY)
_NEEDS_SCRIPTS = frozenset(("application/vnd.jupyter.widget-view+json", "text/vnd.mermaid"))


def write_page(
    notebook: Path, page: Path, *, has_code: bool = True, is_enclosed: bool = False
) -> None:
    """Write a notebook as a page, with its code or without.

    Widgets and Mermaid diagrams, which would need scripts from elsewhere, stand there as text. A page that
    `is_enclosed` cannot load what its outputs name either, other files of the machine included.

    Raises:
        NodeError: nbconvert or latex2mathml is not installed (`library.missing`), or cannot make a page of it
            (`notebook.invalid`).
    """
    exporter = _exporter(has_code=has_code)
    try:
        text, _ = exporter.from_filename(str(notebook), {"is_enclosed": is_enclosed})
    except Exception as error:  # templates and filters raise whatever they like
        title, detail = (
            f"{notebook.name} cannot be made a page",
            f"{type(error).__name__}: {error}",
        )
        raise NodeError(
            title, type="notebook.invalid", detail=detail, is_transient=False
        ) from error
    page.write_text(text, encoding="utf-8")


def _exporter(*, has_code: bool) -> Any:
    try:
        from nbconvert import HTMLExporter

        from .formulas import from_output
    except ImportError as error:
        detail = "pages need nbconvert and latex2mathml: pip install flowforge-lab[lab]"
        msg = "a library is missing"
        raise NodeError(msg, type="library.missing", detail=detail, is_transient=False) from error
    exporter = HTMLExporter(
        exclude_input=not has_code,
        exclude_input_prompt=not has_code,
        exclude_output_prompt=not has_code,
        embed_images=True,
        raw_template=_TEMPLATE,
    )
    kinds = exporter.default_config.NbConvertBase.display_data_priority
    exporter.config.NbConvertBase.display_data_priority = [
        kind for kind in kinds if kind not in _NEEDS_SCRIPTS
    ]
    exporter.register_filter("formula", from_output)
    exporter.register_filter("markdown2html", _markdown(exporter))
    return exporter


def _markdown(exporter: Any) -> Any:
    """Return the filter that makes HTML of Markdown, its formulas drawn by the browser itself."""
    from jinja2 import pass_context
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    from .formulas import as_mathml

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return as_mathml(body, is_block=False)

        def block_math(self, body: str) -> str:
            return as_mathml(body, is_block=True)

        def latex_environment(self, name: str, body: str) -> str:
            return as_mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", is_block=True)

        def block_mermaidjs(self, code: str) -> str:
            return str(self.block_code(code))

    @pass_context
    def render(context: Any, source: str) -> str:
        renderer = Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=exporter.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
        )
        return str(MarkdownWithMath(renderer=renderer).render(source))

    return render
