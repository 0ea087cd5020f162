"""Charts, drawn by Bokeh in the colours of the design system; new figures go into the ones that are there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import panel as pn
from bokeh.models import (
    ColumnDataSource,
    DatetimeTickFormatter,
    HoverTool,
    NumeralTickFormatter,
    Range1d,
)
from bokeh.plotting import figure

COLOURS: Mapping[str, Mapping[str, str]] = {
    "dark": {
        "good": "#3ecf8e", "bad": "#ff6b6b", "warn": "#f0b44c", "live": "#5aa9ff", "plain": "#8a94a4",
        "panel": "#151a21", "line": "#252c37", "text": "#9da7b7", "head": "#e8ebf1",
    },
    "light": {
        "good": "#14915a", "bad": "#d13438", "warn": "#a86a00", "live": "#1769d2", "plain": "#7b8595",
        "panel": "#ffffff", "line": "#e2e6ec", "text": "#566072", "head": "#1a2130",
    },
}  # fmt: skip
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
_HEIGHT = 240
_TIMES = DatetimeTickFormatter(
    minsec="%H:%M", minutes="%H:%M", hourmin="%H:%M", hours="%H:%M", days="%d %b", months="%b %Y"
)


class Chart:
    """One chart over time: a source of figures, and the pane that shows it."""

    def __init__(self, title: str, theme: str, *, unit: str = "0,0") -> None:
        self.colours = COLOURS[theme]
        self.source = ColumnDataSource({"at": []})
        self.figure = _figure(title)
        _dress(self.figure, self.colours, unit)
        drawn = pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=0)  # type: ignore[no-untyped-call]  # panel has no types
        self.pane = pn.Column(
            drawn,
            margin=0,
            styles={
                "flex": "1 1 400px",
                "min-width": "min(100%, 320px)",
                "overflow": "hidden",
                "padding": "12px 12px 4px",
                "background": "var(--ff-panel)",
                "border": "1px solid var(--ff-line)",
                "border-radius": "12px",
            },
        )

    def show(self, columns: Mapping[str, Sequence[Any]], since: datetime, until: datetime) -> None:
        """Show other figures, from `since` to `until`."""
        self.source.data = dict(columns)
        self.figure.x_range.update(start=since, end=until)

    def stacks(self, names: Sequence[str], tones: Sequence[str]) -> "Chart":
        """Draw bars on top of one another; the column `width` says how wide each is."""
        colours = [self.colours[tone] for tone in tones]
        self.source.data = {"at": [], "width": [], **{name: [] for name in names}}
        self.figure.vbar_stack(
            list(names),
            x="at",
            width="width",
            source=self.source,
            fill_color=colours,
            line_color=None,
            legend_label=list(names),
        )
        return self._told([(name, f"@{name}") for name in names])

    def lines(self, names: Sequence[str], tones: Sequence[str], *, form: str) -> "Chart":
        """Draw lines; they differ in their dashes as well."""
        self.source.data = {"at": [], **{name: [] for name in names}}
        for name, tone, dash in zip(names, tones, ("solid", "dashed", "dotted"), strict=False):
            self.figure.line(
                "at",
                name,
                source=self.source,
                line_color=self.colours[tone],
                line_width=2,
                line_dash=dash,
                legend_label=name,
            )
            self.figure.scatter("at", name, source=self.source, color=self.colours[tone], size=4)
        return self._told([(name, f"@{name}{{{form}}}") for name in names])

    def area(self, name: str, tone: str) -> "Chart":
        """Draw a line with what is below it filled."""
        self.source.data = {"at": [], name: []}
        colour = self.colours[tone]
        self.figure.varea_step(
            "at",
            y1=0,
            y2=name,
            source=self.source,
            fill_color=colour,
            fill_alpha=0.18,
            step_mode="after",
        )
        self.figure.step(
            "at", name, source=self.source, line_color=colour, line_width=2, mode="after"
        )
        return self._told([(name, f"@{name}")])

    def _told(self, rows: list[tuple[str, str]]) -> "Chart":
        tip = HoverTool(
            tooltips=[("at", "@at{%d %b %H:%M}"), *rows],
            formatters={"@at": "datetime"},
            mode="vline",
        )
        self.figure.add_tools(tip)
        for legend in self.figure.legend:
            legend.location = "right"
            legend.padding = legend.margin = 0
            legend.orientation = "horizontal"
            legend.background_fill_alpha = 0
            legend.border_line_alpha = 0
            legend.label_text_color = self.colours["text"]
            legend.label_text_font_size = "11px"
            legend.label_text_font = _FONT
            legend.glyph_width = 14
            self.figure.add_layout(legend, "above")
        return self


def _figure(title: str) -> Any:
    return figure(
        height=_HEIGHT,
        title=title,
        x_axis_type="datetime",
        x_range=Range1d(),
        toolbar_location=None,
        tools="",
        sizing_mode="stretch_width",
    )


def _dress(drawn: Any, colours: Mapping[str, str], unit: str) -> None:
    drawn.background_fill_color = drawn.border_fill_color = None
    drawn.outline_line_color = None
    drawn.title.text_color = colours["head"]
    drawn.title.text_font = _FONT
    drawn.title.text_font_size = "13px"
    drawn.title.text_font_style = "bold"
    drawn.y_range.start = 0
    drawn.y_range.only_visible = True
    drawn.xgrid.grid_line_color = None
    drawn.ygrid.grid_line_color = colours["line"]
    drawn.xaxis.formatter = _TIMES.clone()
    drawn.yaxis.formatter = NumeralTickFormatter(format=unit)
    drawn.xaxis.ticker.desired_num_ticks = 5
    drawn.yaxis.ticker.desired_num_ticks = 4
    drawn.yaxis.ticker.min_interval = 1 if unit == "0,0" else 0
    for axis in (*drawn.xaxis, *drawn.yaxis):
        axis.axis_line_color = axis.minor_tick_line_color = axis.major_tick_line_color = None
        axis.major_label_text_color = colours["text"]
        axis.major_label_text_font = _FONT
        axis.major_label_text_font_size = "11px"


def side_by_side(charts: Sequence[Chart]) -> pn.FlexBox:
    """Return charts in a row that breaks where there is no room."""
    return pn.FlexBox(  # type: ignore[no-untyped-call]  # as above
        *(chart.pane for chart in charts),
        gap="12px",
        margin=0,
        sizing_mode="stretch_width",
        styles={"padding": "0 24px 24px", "max-width": "1680px", "box-sizing": "border-box"},
    )
