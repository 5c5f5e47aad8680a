"""What every command of the house stands on: language, configuration, log, life.

It knows no room. Every room may import it; it imports none.
"""

import os

# gRPC's core writes lines of its own to standard error, which are no JSON, and show what came over the line.
# What they tell is in the log by other ways. It reads this once, when it is loaded.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
