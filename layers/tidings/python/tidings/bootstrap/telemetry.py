"""Powertools' logger, and metrics embedded in the log.

Both take their names from `POWERTOOLS_SERVICE_NAME` and `POWERTOOLS_METRICS_NAMESPACE`.  Both are imported when the
first line is written: most processes log little and late, and no start-up should pay for it (a tenth of one).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.where import where

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_CALLER: Final = 3
"""Stack frames up to whoever logs, so that `location` names them and not this module."""


class EmbeddedMeter:
    """One line of CloudWatch's embedded metric format a count."""

    def count(self, name: str, value: int = 1) -> None:
        """Add to a counter; a name that ends in `Ms` is a duration."""
        from aws_lambda_powertools.metrics import MetricUnit, single_metric

        unit = MetricUnit.Milliseconds if name.endswith("Ms") else MetricUnit.Count
        with single_metric(name=name, unit=unit, value=value):
            pass


class FieldLog:
    """Powertools' logger as the router wants it: a message and fields."""

    @cached_property
    def _logger(self) -> Logger:
        from aws_lambda_powertools import Logger

        return Logger()

    def info(self, msg: object, /, **fields: Any) -> None:
        """One line."""
        self._logger.info(msg, extra=fields, stacklevel=_CALLER)

    def error(self, msg: object, /, **fields: Any) -> None:
        """One line."""
        self._logger.error(msg, extra=fields, stacklevel=_CALLER)


@cache
def logger() -> FieldLog:
    """The function's logger."""
    return FieldLog()


@contextmanager
def reporting(what: str) -> Iterator[None]:
    """Log that `what` failed, and where: no values, for those may be message bodies.  The error goes on."""
    try:
        yield
    except Exception as error:
        logger().error(f"{what} failed", error=type(error).__name__, where=where(error))
        raise
