"""JSON as the standard has it: a number that does not exist is null, not NaN."""

import json
import math
from typing import Any


def dumps(document: Any, **options: Any) -> str:
    """As ``json.dumps``, indented; NaN and infinities become null (RFC 8259 has none)."""
    return json.dumps(_finite(document), indent=2, allow_nan=False, **options)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
