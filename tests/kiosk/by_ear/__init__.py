"""A terminal whose screen is dark, used by somebody who hears it and has the keypad."""
