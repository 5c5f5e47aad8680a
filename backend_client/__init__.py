"""Talking to a backend well, and forms."""

import foundation as foundation  # before gRPC, which it tells to keep quiet
