"""What every command of the house stands on: language, configuration, log, life.

It knows no room. Every room may import it; it imports none.
"""
