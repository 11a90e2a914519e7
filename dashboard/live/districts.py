"""Which district each school is in, as far as the log was taken: devices and verdicts only name their school."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.domain.rights import Place


class Districts:
    """Knows what the registry said at the start, and what the log has said of schools since."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._district_of = dict(known)

    def complete(self, place: Place) -> Place:
        """The place with its school's district, when it names a school alone."""
        if place.school is None or place.district is not None:
            return place
        return Place(self._district_of.get(place.school), place.school)

    def settle(self, school: Place) -> str | None:
        """Takes what the log says of a school. The district that it left, if it did."""
        if school.school is None or school.district is None:
            return None
        before = self._district_of.get(school.school)
        self._district_of[school.school] = school.district
        return None if before == school.district else before
