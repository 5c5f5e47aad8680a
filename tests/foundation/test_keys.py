"""Keys for what lies on a disk."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from foundation.keys import (
    KEY_BYTES,
    MAX_KEYS,
    OVERHEAD,
    CannotOpen,
    KeyRing,
    KeysUnusable,
    new_key,
)

KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
OLD, NEW = KeyRing([b"o" * KEY_BYTES]), KeyRing([b"n" * KEY_BYTES])
BOTH = KeyRing([b"n" * KEY_BYTES, b"o" * KEY_BYTES])


def line(key: bytes) -> str:
    return base64.b64encode(key).decode()


def written(file: Path, text: str, mode: int = 0o600) -> Path:
    file.write_text(text)
    file.chmod(mode)
    return file


# Sealing


@given(st.binary(max_size=200), st.text(max_size=30), KEYS)
def test_what_was_sealed_is_opened(plain: bytes, context: str, key: bytes) -> None:
    ring = KeyRing([key])
    sealed = ring.seal(plain, context)
    assert ring.open(sealed, context) == plain
    assert len(sealed) == len(plain) + OVERHEAD
    assert len(plain) < 8 or plain not in sealed
    assert ring.seal(plain, context) != sealed


@given(st.binary(max_size=50), st.text(max_size=20), st.text(max_size=20))
def test_what_was_sealed_for_another_place_is_not_opened(plain: bytes, one: str, other: str) -> None:
    sealed = NEW.seal(plain, one)
    if one != other:
        with pytest.raises(CannotOpen):
            NEW.open(sealed, other)


@given(st.binary(max_size=50), st.data())
def test_one_damaged_bit_anywhere_is_found(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(NEW.seal(plain, "place"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CannotOpen):
        NEW.open(bytes(sealed), "place")


@given(st.binary(max_size=100))
def test_anything_else_is_not_opened(anything: bytes) -> None:
    with pytest.raises(CannotOpen):
        NEW.open(anything, "place")


def test_a_sealed_value_that_was_cut_is_not_opened() -> None:
    sealed = NEW.seal(b"what a resident said", "place")
    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            NEW.open(sealed[:length], "place")


# Rotation


def test_after_a_new_key_was_put_in_front_old_values_are_opened_and_new_ones_need_it() -> None:
    before = OLD.seal(b"before", "place")
    after = BOTH.seal(b"after", "place")
    assert BOTH.open(before, "place") == b"before"
    assert NEW.open(after, "place") == b"after"
    assert not BOTH.is_newest(before)
    assert BOTH.is_newest(after)
    with pytest.raises(CannotOpen):
        OLD.open(after, "place")


@given(st.text(max_size=30), st.lists(KEYS, min_size=1, max_size=4, unique=True))
def test_an_index_stays_when_keys_are_put_in_front(value: str, keys: list[bytes]) -> None:
    oldest = KeyRing(keys[-1:]).index(value, "queue.resident")
    assert KeyRing(keys).index(value, "queue.resident") == oldest
    assert len(oldest) == 32


def test_an_index_tells_values_purposes_and_keys_apart() -> None:
    found = {
        OLD.index("11010519491231002X", "one"),
        OLD.index("110105194912310021", "one"),
        OLD.index("11010519491231002X", "other"),
        NEW.index("11010519491231002X", "one"),
    }
    assert len(found) == 4


# Nothing of a key is shown


@given(st.lists(KEYS, min_size=1, max_size=3, unique=True))
def test_no_repr_shows_a_key(keys: list[bytes]) -> None:
    shown = repr(KeyRing(keys)) + str(KeyRing(keys))
    assert shown == f"KeyRing({len(keys)})" * 2


def wrong_files() -> dict[str, str]:
    key = new_key()
    return {
        "short": key[:-8] + "\n",
        "not base64": key[:-3] + "!!=\n",
        "empty": "",
        "only remarks": "# the key of the terminal\n",
        "too many": "\n".join(new_key() for _ in range(MAX_KEYS + 1)),
        "too long": "#" * 5000 + "\n" + key,
        "not ascii": f"{key}\n密钥\n",
    }


@pytest.mark.parametrize("kind", wrong_files())
def test_a_wrong_key_file_is_refused_by_name_without_showing_it(kind: str, tmp_path: Path) -> None:
    text = wrong_files()[kind]
    file = written(tmp_path / "terminal.key", text)
    with pytest.raises(KeysUnusable) as caught:
        KeyRing.load(file)
    assert str(file) in str(caught.value)
    for part in text.split():
        assert len(part) < 12 or part[:12] not in str(caught.value)


def test_a_wrong_variable_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = new_key()[:-8]
    monkeypatch.setenv("HUIMIN_KIOSK_KEY", wrong)
    with pytest.raises(KeysUnusable) as caught:
        KeyRing.find("kiosk", file=None, folder=tmp_path)
    assert "HUIMIN_KIOSK_KEY" in str(caught.value)
    assert wrong[:10] not in str(caught.value)


# Where keys come from


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "key", new_key(), 0o640)
    with pytest.raises(KeysUnusable, match="chmod 600"):
        KeyRing.load(file)


def test_remarks_and_empty_lines_of_a_key_file_are_not_looked_at(tmp_path: Path) -> None:
    file = written(tmp_path / "key", f"# new\n{line(b'n' * 32)}\n\n# old\n  {line(b'o' * 32)}\n")
    assert repr(KeyRing.load(file)) == "KeyRing(2)"
    assert KeyRing.load(file).open(OLD.seal(b"said", "place"), "place") == b"said"


def test_the_places_of_a_key_are_looked_at_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUIMIN_KIOSK_KEY", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    given_file = written(tmp_path / "given", line(b"1" * 32))
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    written(credentials / "huimin-kiosk.key", line(b"3" * 32), 0o400)
    folder = tmp_path / "data"

    def found(file: Path | None = None) -> bytes:
        return KeyRing.find("kiosk", file=file, folder=folder).index("x", "y")

    with capture_logs() as log:
        made = found()
        assert found() == made
    assert [(entry["event"], entry["log_level"], entry["made"]) for entry in log] == [
        ("key_beside_data", "warning", True),
        ("key_beside_data", "warning", False),
    ]
    assert made == KeyRing.load(folder / "key").index("x", "y")
    with capture_logs() as log:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
        assert found() == KeyRing([b"3" * 32]).index("x", "y")
        monkeypatch.setenv("HUIMIN_KIOSK_KEY", f"{line(b'2' * 32)}\n{line(b'o' * 32)}")
        assert found() == OLD.index("x", "y")
        assert found(given_file) == KeyRing([b"1" * 32]).index("x", "y")
    assert not log


def test_a_named_key_file_that_is_not_there_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(KeysUnusable, match="No such file"):
        KeyRing.find("kiosk", file=tmp_path / "key", folder=tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_made_key_is_for_its_owner_only(tmp_path: Path) -> None:
    KeyRing.find("kiosk", file=None, folder=tmp_path / "data")
    assert (tmp_path / "data" / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["key"]


def test_a_key_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder is wanted")
    with pytest.raises(KeysUnusable, match="data"):
        KeyRing.find("kiosk", file=None, folder=tmp_path / "data")


def test_some_that_make_a_key_at_the_same_time_share_one(tmp_path: Path) -> None:
    barrier = Barrier(8)

    def make(_: int) -> bytes:
        barrier.wait()
        return KeyRing.load_or_make(tmp_path / "key")[0].index("x", "y")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(make, range(8)))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
