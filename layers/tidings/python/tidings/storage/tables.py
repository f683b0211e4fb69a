"""What a table is, and the two attributes that several have."""

from __future__ import annotations

from typing import Final, NamedTuple


class Table(NamedTuple):
    """One table of the design.  `stream` means NEW_IMAGE records for a planner or the push function."""

    name: str
    partition: str
    sort: str | None = None
    stream: bool = False
    ttl: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that carries the deployed table's name."""
        return f"TIDINGS_TABLE_{self.name.upper()}"


TTL: Final = "expires_at"
"""Attribute with the epoch SECOND after which DynamoDB may delete an item (readers filter, for it is lazy)."""

DELETED: Final = "deleted"
"""String attribute, present ("1") on tombstones in `Conversations`, `Posts`, `Graph` and `Devices`."""
