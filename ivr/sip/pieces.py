"""A text as messages of SIP that fit into one datagram each (RFC 3428). Pure."""

from __future__ import annotations

LONGEST_PIECE = 900
"""Bytes of one MESSAGE; RFC 3428 clause 8 allows 1300 with all headers, where the path is not known."""


def pieces_of(text: str) -> list[str]:
    """The text, cut between characters."""
    pieces, piece, size = [], "", 0
    for character in text:
        width = len(character.encode())
        if size + width > LONGEST_PIECE:
            pieces.append(piece)
            piece, size = "", 0
        piece, size = piece + character, size + width
    return [*pieces, piece] if piece else pieces
