"""Charts, drawn by Bokeh in the colours of the design system; new figures go into the ones that are there."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import panel as pn
from bokeh.models import (
    ColumnDataSource,
    DatetimeTickFormatter,
    FixedTicker,
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
Unit = Literal["count", "share", "time"]
_STEPS = (
    *(mantissa * 10.0**power for power in range(-6, 1) for mantissa in (1, 2, 5)),
    *(10.0, 20.0, 30.0),
    *(60.0 * minutes for minutes in (1, 2, 5, 10, 20, 30)),
    *(3600.0 * hours for hours in (1, 2, 4, 8, 12)),
    *(86_400.0 * days for days in (1, 2, 5, 10, 20, 50, 100, 365)),
)
"""Seconds between the ticks of an axis."""
_UNITS = ((86_400.0, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s"))
_MAX_TICKS = 5
_HEADROOM = 1.1
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
_HEIGHT = 240
_LEFT = 52  # room for the numbers of an axis, so that all charts begin at the same place
_NOTHING = "Nothing in this time"
_NOTE = {
    "position": "absolute",
    "top": "48%",
    "left": "0",
    "width": "100%",
    "text-align": "center",
    "color": "var(--ff-muted)",
    "font-size": "12px",
    "pointer-events": "none",
}
_TIMES = DatetimeTickFormatter(
    minsec="%H:%M", minutes="%H:%M", hourmin="%H:%M", hours="%H:%M", days="%d %b", months="%b %Y"
)


class Chart:
    """One chart over time: a source of figures, and the pane that shows it."""

    def __init__(self, title: str, theme: str, *, unit: Unit = "count") -> None:
        self._unit = unit
        self._height: Callable[[Mapping[str, Sequence[Any]]], float | None] = lambda _columns: None
        self.colours = COLOURS[theme]
        self.source = ColumnDataSource({"at": []})
        self.figure = _figure(title)
        _dress(self.figure, self.colours, unit)
        drawn = pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=0)  # type: ignore[no-untyped-call]  # panel has no types
        self.note = pn.pane.HTML("", margin=0, styles=_NOTE)  # type: ignore[no-untyped-call]  # as above
        self.pane = pn.Column(
            drawn,
            self.note,
            margin=0,
            styles={
                "flex": "1 1 400px",
                "min-width": "min(100%, 320px)",
                "overflow": "hidden",
                "position": "relative",
                "padding": "12px 12px 4px",
                "background": "var(--ff-panel)",
                "border": "1px solid var(--ff-line)",
                "border-radius": "12px",
            },
        )

    def show(self, columns: Mapping[str, Sequence[Any]], since: datetime, until: datetime) -> None:
        """Show other figures, from `since` to `until`; where there is nothing to see, it says so."""
        self.source.data = dict(columns)
        self.figure.x_range.update(start=since, end=until)
        height = self._height(columns)
        self.note.object = _NOTHING if height is None else ""
        for part in (*self.figure.yaxis, *self.figure.ygrid, *self.figure.legend):
            part.visible = height is not None
        self.figure.y_range.end = _end_of(height or 0.0, self._unit)
        if self._unit == "time":
            told = _time_ticks(self.figure.y_range.end)
            self.figure.yaxis.ticker.ticks = list(told)
            self.figure.yaxis.major_label_overrides = told

    def stacks(self, names: Sequence[str], tones: Sequence[str]) -> "Chart":
        """Draw bars on top of one another; the column `width` says how wide each is."""
        colours = [self.colours[tone] for tone in tones]
        self.source.data = {"at": [], "width": [], **{name: [] for name in names}}
        self._height = lambda columns: _tallest(
            sum(row) or math.nan for row in zip(*(columns[name] for name in names), strict=True)
        )
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

    def lines(self, names: Sequence[str], tones: Sequence[str]) -> "Chart":
        """Draw lines; they differ in their dashes as well. The column `NAME_told` is what a value is called."""
        told: dict[str, list[str]] = {f"{name}_told": [] for name in names}
        self.source.data = {"at": [], **{name: [] for name in names}, **told}
        self._height = lambda columns: _tallest(value for name in names for value in columns[name])
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
            self.figure.scatter("at", name, source=self.source, color=self.colours[tone], size=5)
        return self._told([(name, f"@{name}_told") for name in names])

    def area(self, name: str, tone: str) -> "Chart":
        """Draw a line with what is below it filled."""
        self.source.data = {"at": [], name: []}
        self._height = lambda columns: _tallest(many or math.nan for many in columns[name])
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
            tooltips=[("at", "@at{%d %b %H:%M} UTC"), *rows],
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


def _tallest(values: Iterable[float]) -> float | None:
    """Return the largest of the values there are."""
    return max((value for value in values if not math.isnan(value)), default=None)


def _end_of(height: float, unit: Unit) -> float:
    """Return where the axis of a chart ends, so that what is highest has air above it."""
    if unit == "share":
        return 1.05
    if unit == "count":
        return max(math.ceil(height * _HEADROOM), 1)
    return height * _HEADROOM or 1.0


def _figure(title: str) -> Any:
    return figure(
        height=_HEIGHT,
        title=title,
        x_axis_type="datetime",
        x_range=Range1d(),
        y_range=Range1d(start=0, end=1),
        toolbar_location=None,
        tools="",
        sizing_mode="stretch_width",
    )


def _time_ticks(height: float) -> dict[float, str]:
    """Return where the ticks of an axis of seconds stand, and what they say, all in one unit."""
    step = next((step for step in _STEPS if height / step < _MAX_TICKS), _STEPS[-1])
    count = min(int(height / step), 2 * _MAX_TICKS)
    size, unit = _unit_of(step, count * step)
    told = {
        round(number * step, 6): f"{number * step / size:.6g} {unit}"
        for number in range(count + 1)
    }
    return {**told, 0: "0"}


def _unit_of(step: float, top: float) -> tuple[float, str]:
    """Return how long the unit is that ticks are told in, and its sign: above a second it is one."""
    found = next(((size, unit) for size, unit in _UNITS if step >= size), None)
    return found or ((1.0, "s") if top >= 1 else (0.001, "ms"))


def _dress(drawn: Any, colours: Mapping[str, str], unit: Unit) -> None:
    drawn.background_fill_color = drawn.border_fill_color = None
    drawn.outline_line_color = None
    drawn.min_border_left = _LEFT
    drawn.title.text_color = colours["head"]
    drawn.title.text_font = _FONT
    drawn.title.text_font_size = "13px"
    drawn.title.text_font_style = "bold"
    drawn.xgrid.grid_line_color = None
    drawn.ygrid.grid_line_color = colours["line"]
    drawn.xaxis.formatter = _TIMES.clone()
    drawn.yaxis.formatter = NumeralTickFormatter(format="0%" if unit == "share" else "0,0")
    drawn.xaxis.ticker.desired_num_ticks = 5
    if unit == "time":
        drawn.yaxis.ticker = FixedTicker(ticks=[])
    else:
        drawn.yaxis.ticker.desired_num_ticks = 4
        drawn.yaxis.ticker.min_interval = 1 if unit == "count" else 0
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
        styles={
            "padding": "0 var(--ff-beside, 24px) 24px",
            "max-width": "1680px",
            "box-sizing": "border-box",
        },
    )
