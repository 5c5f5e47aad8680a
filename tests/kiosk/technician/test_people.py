"""Who may enter: PINs and cards are kept as slow hashes, and told from those of others."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.command import main
from kiosk.technician import people
from kiosk.technician.people import (
    FILE,
    MAX_PEOPLE,
    People,
    PeopleUnusable,
    PinRefused,
    Technician,
    card_secret,
    check_pin,
)
from kiosk.technician.tries import FILE as TRIES

PIN, OTHER = "418205", "730916"


def enrolled(folder: Path) -> People:
    kept = People().with_pin("li", PIN)
    people.save(folder, kept)
    return kept


def test_a_pin_opens_for_its_owner_alone_and_is_kept_nowhere(tmp_path: Path) -> None:
    enrolled(tmp_path)
    kept = people.load(tmp_path)
    assert kept.who_has_pin(PIN) == "li"
    assert kept.who_has_pin(OTHER) is None
    content = (tmp_path / FILE).read_text("utf-8")
    assert PIN not in content and PIN not in repr(kept)
    assert json.loads(content)["technicians"][0]["pin"]["hash"] not in repr(kept)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_the_same_pin_is_salted_anew_each_time() -> None:
    one, other = People().with_pin("li", PIN), People().with_pin("li", PIN)
    assert one.technicians[0].pin != other.technicians[0].pin


def test_a_card_is_known_by_its_reader_and_number() -> None:
    kept = People().with_pin("li", PIN).with_card("li", card_secret("card_reader", "6222000011112222"))
    assert kept.has_cards
    assert kept.who_has_card(card_secret("card_reader", "6222000011112222")) == "li"
    assert kept.who_has_card(card_secret("identity_card_reader", "6222000011112222")) is None
    assert kept.who_has_pin(PIN) == "li"
    without = kept.without_card("li")
    assert not without.has_cards and without.who_has_pin(PIN) == "li"


@pytest.mark.parametrize(
    ("pin", "problem"),
    [
        ("12345", "pin.length"),
        ("1" * 13, "pin.length"),
        ("41820x", "pin.digits"),
        ("四一八二〇五", "pin.digits"),
        ("123456", "pin.simple"),
        ("890123", "pin.simple"),
        ("987654", "pin.simple"),
        ("777777", "pin.simple"),
        ("121212", "pin.simple"),
    ],
)
def test_a_pin_that_is_easily_guessed_is_not_taken(pin: str, problem: str) -> None:
    with pytest.raises(PinRefused) as refused:
        check_pin(pin)
    assert refused.value.problem == problem


def test_two_people_have_no_pin_or_card_in_common() -> None:
    kept = People().with_pin("li", PIN).with_card("li", "card_reader:1")
    with pytest.raises(PinRefused):
        kept.with_pin("wang", PIN)
    with pytest.raises(PinRefused):
        kept.with_card("wang", "card_reader:1")
    assert kept.with_pin("li", OTHER).who_has_pin(PIN) is None


def test_there_are_not_more_of_them_than_can_be_tried_in_time() -> None:
    full = People(technicians=tuple(Technician(name=f"t{number}") for number in range(MAX_PEOPLE)))
    with pytest.raises(PinRefused) as refused:
        full.with_pin("one-more", PIN)
    assert refused.value.problem == "pin.too_many"
    with pytest.raises(PinRefused) as refused:
        People().with_pin("Li Wang", PIN)
    assert refused.value.problem == "pin.name"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 2}', b'{"people": []}', b"\xff" * 70_000])
def test_a_file_that_is_damaged_lets_nobody_in(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / FILE
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(PeopleUnusable):
        people.load(tmp_path)


def test_a_file_that_others_can_read_lets_nobody_in(tmp_path: Path) -> None:
    enrolled(tmp_path)
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(PeopleUnusable, match="chmod 600"):
        people.load(tmp_path)


def command(folder: Path, *arguments: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(
        main, ["--data", str(folder), "technician", *arguments], input=typed, env={"LC_ALL": "C"}
    )
    return result.exit_code, result.output


def test_people_are_enrolled_listed_and_removed_on_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "kiosk"
    assert command(tmp_path, "list") == (
        0,
        "No technician is enrolled yet: huimin-kiosk technician set-pin\n",
    )
    assert command(tmp_path, "set-pin", "--name", "li", typed=f"{PIN}\n") == (0, "The PIN of li is set.\n")
    assert people.load(folder).who_has_pin(PIN) == "li"
    code, said = command(tmp_path, "set-pin", "--name", "wang", typed="123456\n")
    assert code == 2 and "too easily guessed" in said
    assert command(tmp_path, "list") == (0, "li: PIN\n")
    assert command(tmp_path, "remove", "wang")[0] == 2
    assert command(tmp_path, "remove", "li")[0] == 0
    assert people.load(folder).technicians == ()


def test_what_the_command_writes_belongs_to_the_terminals_user(tmp_path: Path) -> None:
    folder = tmp_path / "kiosk"
    folder.mkdir(mode=0o700)
    owner = 4242 if os.geteuid() == 0 else os.geteuid()
    os.chown(folder, owner, -1)
    command(tmp_path, "set-pin", typed=f"{PIN}\n")
    command(tmp_path, "unlock")
    assert {file.name: file.stat().st_uid for file in folder.iterdir()} == {FILE: owner, TRIES: owner}
