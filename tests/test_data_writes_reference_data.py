"""What every installation starts with."""

from datetime import date

from sqlalchemy import Connection, text

from data.writes.reference_data import seed_reference


def test_every_installation_has_the_provinces_and_their_areas(connection: Connection) -> None:
    seed_reference(connection)

    areas = connection.execute(text("SELECT area, count(*) FROM regions WHERE region_code LIKE 'CN-%' GROUP BY area"))
    assert sum(count for _, count in areas) == 34
    assert connection.execute(text("SELECT area FROM regions WHERE name_zh = '四川'")).scalar_one() == "southwest"


def test_a_make_up_sunday_works_and_a_national_day_does_not(connection: Connection) -> None:
    seed_reference(connection)

    days: dict[date, bool] = dict(row for row in connection.execute(text("SELECT day, working FROM calendar_days WHERE calendar = 'CN'")))
    assert days[date(2026, 10, 1)] is False
    assert days[date(2025, 9, 28)] is True  # a Sunday worked for the National Day week


def test_a_year_not_announced_says_so(connection: Connection) -> None:
    seed_reference(connection)

    notes = connection.execute(text("SELECT count(*) FROM calendar_days WHERE note IS NULL AND day >= '2027-01-01'")).scalar_one()
    assert notes == 0 or notes == 365


def test_seeding_again_keeps_what_a_merchant_changed(connection: Connection) -> None:
    seed_reference(connection)
    connection.execute(text("UPDATE calendar_days SET working = true WHERE day = '2026-10-01'"))

    seed_reference(connection)

    assert connection.execute(text("SELECT working FROM calendar_days WHERE day = '2026-10-01'")).scalar_one() is True
