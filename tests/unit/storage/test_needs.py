from __future__ import annotations

from storage.needs.my_data import places_in_repeats


def test_an_instance_is_told_by_its_number_among_its_siblings() -> None:
    rows = [
        (11, 1, "sites", None),
        (14, 1, "sites/rooms", 12),
        (12, 1, "sites", None),
        (13, 1, "sites/rooms", 12),
        (21, 2, "sites", None),
    ]
    found = places_in_repeats(rows)
    assert found[12] == [{"repeat": "sites", "number": 2}]
    assert found[13] == [{"repeat": "sites", "number": 2}, {"repeat": "sites/rooms", "number": 2}]
    assert found[21] == [{"repeat": "sites", "number": 1}], "another response begins anew"


def test_a_damaged_circle_of_instances_comes_to_an_end() -> None:
    found = places_in_repeats([(1, 1, "a", 2), (2, 1, "b", 1)])
    assert set(found) == {1, 2}
