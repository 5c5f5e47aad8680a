"""The devices that can be simulated: one line each."""

from __future__ import annotations

from hardware.simulators.auxiliaries import SimulatedAuxiliaries
from hardware.simulators.code_reader import SimulatedCodeReader
from hardware.simulators.crt188_reader import SimulatedCrt188Reader
from hardware.simulators.crt541_dispenser import SimulatedCrt541Dispenser
from hardware.simulators.device import SimulatedDevice
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.keynius_pad import SimulatedKeyniusPad
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter
from hardware.simulators.smartpin_pad import SimulatedSmartPinPad
from hardware.simulators.swipe_reader import SimulatedSwipeReader

DEVICES: tuple[type[SimulatedDevice], ...] = (
    SimulatedIdentityCardReader,
    SimulatedSwipeReader,
    SimulatedCrt188Reader,
    SimulatedCrt541Dispenser,
    SimulatedReceiptPrinter,
    SimulatedSmartPinPad,
    SimulatedKeyniusPad,
    SimulatedCodeReader,
    SimulatedAuxiliaries,
)
"""In the order in which they are started and told of. Each name occurs once."""
