"""Where a Modbus board has what, as it is configured, and what its figures mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hardware.interfaces.auxiliaries import Light, LightColour, LightState
from hardware.protocols.auxiliary_registers import (
    NO_SENSOR,
    WIDEST,
    Place,
    Registers,
    Span,
    Table,
    degrees,
    is_on,
    light_value,
    spans,
)

TEMPERATURE = Place(Table.INPUT_REGISTER, 0)


def test_the_usual_board_is_asked_three_questions() -> None:
    assert spans(Registers().asked) == (
        Span(Table.COIL, 0, 1),
        Span(Table.DISCRETE_INPUT, 0, 2),
        Span(Table.INPUT_REGISTER, 0, 2),
    )


def test_a_board_is_configured_in_words() -> None:
    registers = Registers.model_validate(
        {
            "door": "!discrete_input:16",
            "tamper": "coil:3",
            "proximity": "",
            "temperature": "holding_register:40",
            "temperature_step": 1.0,
            "fan": "",
            "fan_speed": "",
            "lights": {"cardReader": "coil:8", "cabinet": "holding_register:7"},
        }
    )
    assert registers.door == Place(Table.DISCRETE_INPUT, 16, inverted=True)
    assert registers.proximity is None
    assert registers.lights == {
        Light.CARD_READER: Place(Table.COIL, 8),
        Light.CABINET: Place(Table.HOLDING_REGISTER, 7),
    }
    assert [span.table for span in spans(registers.asked)] == [
        Table.COIL,
        Table.DISCRETE_INPUT,
        Table.HOLDING_REGISTER,
    ]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"door": "discrete_input"}, "a colon and an address"),
        ({"door": "discrete_input:65536"}, "a colon and an address"),
        ({"door": "relay:1"}, "coil, discrete_input"),
        ({"door": "input_register:1"}, "on or off"),
        ({"temperature": "coil:1"}, "a figure"),
        ({"temperature": "!input_register:1"}, "cannot be inverted"),
        ({"temperature_step": 0}, "greater than or equal"),
        ({"fan": "discrete_input:1"}, "is switched"),
        ({"fan": "!coil:1"}, "is switched"),
        ({"lights": {"cabinet": "input_register:1"}}, "is switched"),
        ({"lights": {"cabinet": ""}}, "a colon and an address"),
        ({"lights": {"moon": "coil:1"}}, "cardReader"),
        ({"siren": "coil:1"}, "Extra inputs"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(table: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Registers.model_validate(table)


@given(st.lists(st.builds(Place, st.sampled_from(Table), st.integers(0, 0xFFFF)), max_size=40))
def test_every_place_is_asked_for_and_no_question_is_too_wide(places: list[Place]) -> None:
    asked = spans(places)
    covered = {(span.table, span.start + at) for span in asked for at in range(span.count)}
    assert covered >= {(place.table, place.address) for place in places}
    assert all(0 < span.count <= WIDEST for span in asked)
    assert len(asked) <= len({(place.table, place.address) for place in places})


@pytest.mark.parametrize("inverted", [False, True])
def test_a_contact_may_mean_yes_or_no(inverted: bool) -> None:
    door = Place(Table.DISCRETE_INPUT, 5, inverted)
    assert is_on({(Table.DISCRETE_INPUT, 5): 1}, door) is not inverted
    assert is_on({(Table.DISCRETE_INPUT, 5): 0}, door) is inverted


@pytest.mark.parametrize(
    ("word", "step", "found"),
    [
        (245, 0.1, 24.5),
        (0, 0.1, 0.0),
        (0xFFFF, 0.1, -0.1),
        (0x10000 - 200, 0.1, -20.0),
        (24, 1.0, 24.0),
        (1500, 0.1, 150.0),
        (1501, 0.1, None),
        (NO_SENSOR, 0.001, None),
        (0x7FFF, 0.1, None),
        (0x10000 - 601, 0.1, None),
    ],
)
def test_a_temperature_is_degrees_or_none(word: int, step: float, found: float | None) -> None:
    assert degrees({(Table.INPUT_REGISTER, 0): word}, TEMPERATURE, step) == found


def test_a_light_has_its_colour_in_the_low_byte_and_its_flash_in_the_high_one() -> None:
    place = Place(Table.HOLDING_REGISTER, 0)
    assert light_value(place, LightState.OFF, LightColour.RED) == 0
    assert light_value(place, LightState.CONTINUOUS, LightColour.RED) == 0x0001
    assert light_value(place, LightState.CONTINUOUS, None) == 0x0007
    assert light_value(place, LightState.SLOW, LightColour.BLUE) == 0x0104
    assert light_value(place, LightState.QUICK, LightColour.GREEN) == 0x0202


def test_a_light_in_a_coil_is_on_or_off() -> None:
    place = Place(Table.COIL, 0)
    assert light_value(place, LightState.CONTINUOUS, None) == 1
    assert light_value(place, LightState.OFF, None) == 0
    for state, colour in ((LightState.SLOW, None), (LightState.CONTINUOUS, LightColour.RED)):
        with pytest.raises(ValueError, match="neither"):
            light_value(place, state, colour)
