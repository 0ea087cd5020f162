"""When n8n's and Node-RED's timers fire, as cron lines."""

from typing import Any

from .language import UnknownError
from .reading import number, rows, table, tables, words

_EVERY = {"seconds": 60, "minutes": 60, "hours": 24}


def rule_crons(parameters: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the cron lines of n8n's schedule trigger, each with what is doubtful about it.

    Raises:
        UnknownError: it has a rule that no cron line says.
    """
    found = tables(table(parameters.get("rule")).get("interval")) or [{}]
    return [_rule(one) for one in found[:20]]


def _rule(rule: dict[str, Any]) -> tuple[str, str]:
    field = words(rule.get("field")) or "days"
    if field == "cronExpression":
        return _cron(rule.get("expression")), ""
    count = int(number(rule.get(f"{field}Interval")) or 1)
    minute = _whole(rule.get("triggerAtMinute"), 59)
    hour = _whole(rule.get("triggerAtHour"), 23)
    if field in _EVERY:
        return _each(field, count, minute)
    doubt = f"every {count} {field} is said as every one" if count > 1 else ""
    if field == "days":
        return f"{minute} {hour} {'*' if count == 1 else f'*/{count}'} * *", (
            "the days are counted within each month" if count > 1 else ""
        )
    if field == "weeks":
        days = ",".join(str(_whole(day, 6)) for day in rows(rule.get("triggerAtDay"))) or "0"
        return f"{minute} {hour} * * {days}", doubt
    if field == "months":
        day = max(_whole(rule.get("triggerAtDayOfMonth"), 28), 1)
        months = "*" if count == 1 else f"*/{count}"
        return f"{minute} {hour} {day} {months} *", ""
    msg = f"the interval {field[:40]!r} has no counterpart"
    raise UnknownError(msg)


def _each(field: str, count: int, minute: int) -> tuple[str, str]:
    if not 1 <= count <= _EVERY[field]:
        msg = f"no cron line says every {count} {field}"
        raise UnknownError(msg)
    rest = (
        ""
        if _EVERY[field] % count == 0
        else f"{_EVERY[field]} is no multiple of {count}: the last is shorter"
    )
    part = "*" if count == 1 else f"*/{count}"
    lines = {
        "seconds": f"{part} * * * * *",
        "minutes": f"{part} * * * *",
        "hours": f"{minute} {part} * * *",
    }
    if count == _EVERY[field]:
        lines = {"seconds": "* * * * *", "minutes": "0 * * * *", "hours": f"{minute} 0 * * *"}
    return lines[field], rest


def times_crons(parameters: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the cron lines of n8n's older cron node."""
    items = tables(table(parameters.get("triggerTimes")).get("item")) or [{}]
    return [_time(one) for one in items[:20]]


def _time(item: dict[str, Any]) -> tuple[str, str]:
    mode = words(item.get("mode")) or "everyDay"
    hour, minute = _whole(item.get("hour", 14), 23), _whole(item.get("minute"), 59)
    if mode == "custom":
        return _cron(item.get("cronExpression")), ""
    if mode == "everyX":
        return _each(words(item.get("unit")) or "hours", int(number(item.get("value")) or 1), 0)
    lines = {
        "everyMinute": "* * * * *",
        "everyHour": f"{minute} * * * *",
        "everyDay": f"{minute} {hour} * * *",
        "everyWeek": f"{minute} {hour} * * {_whole(item.get('weekday', 1), 6)}",
        "everyMonth": f"{minute} {hour} {max(_whole(item.get('dayOfMonth', 1), 28), 1)} * *",
    }
    if mode not in lines:
        msg = f"the interval {mode[:40]!r} has no counterpart"
        raise UnknownError(msg)
    return lines[mode], ""


def repeat_cron(seconds: float) -> str:
    """Return the cron line of a repetition.

    Raises:
        UnknownError: no cron line says it.
    """
    for field, length in (("hours", 3600), ("minutes", 60), ("seconds", 1)):
        count = seconds / length
        if (
            count >= 1
            and count == int(count)
            and count <= _EVERY[field]
            and _EVERY[field] % count == 0
        ):
            return _each(field, int(count), 0)[0]
    msg = f"no cron line says every {seconds:g} seconds"
    raise UnknownError(msg)


def _cron(text: Any) -> str:
    line = words(text).removeprefix("=").strip()
    if "{{" in line or not line:
        raise UnknownError("the cron line is computed")
    return line[:200]


def _whole(value: Any, most: int) -> int:
    return min(max(int(number(value) or 0), 0), most)
