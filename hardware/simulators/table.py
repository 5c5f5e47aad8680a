"""The devices that can be simulated: one line each."""

from __future__ import annotations

from hardware.simulators.auxiliaries import SimulatedAuxiliaries
from hardware.simulators.code_reader import SimulatedCodeReader
from hardware.simulators.device import SimulatedDevice
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.keynius_pad import SimulatedKeyniusPad
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter
from hardware.simulators.smartpin_pad import SimulatedSmartPinPad

DEVICES: tuple[type[SimulatedDevice], ...] = (
    SimulatedIdentityCardReader,
    SimulatedReceiptPrinter,
    SimulatedSmartPinPad,
    SimulatedKeyniusPad,
    SimulatedCodeReader,
    SimulatedAuxiliaries,
)
"""In the order in which they are started and told of. Each name occurs once."""
