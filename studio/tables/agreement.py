"""Agreement between coders."""

from __future__ import annotations


def alpha(data: list[list[float]], level: str) -> float:
    """Krippendorff's alpha: 1 is full agreement, 0 what chance gives.

    Args:
        data: a row a coder, a column a unit; NaN where a coder said nothing.
        level: of measurement, ``nominal`` or ``ordinal``.

    Returns:
        Alpha (Krippendorff, "Content Analysis", 2004), by the package of that name.
    """
    import krippendorff

    return float(krippendorff.alpha(reliability_data=data, level_of_measurement=level))
