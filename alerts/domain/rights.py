"""What people may do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """`operator` sees all and may act; `reader` sees all and may not."""

    OPERATOR = "operator"
    READER = "reader"
