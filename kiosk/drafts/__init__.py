"""What was entered in forms under way, sealed on this terminal's disk for an hour."""
