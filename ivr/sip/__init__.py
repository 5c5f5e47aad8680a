"""The telephone side: PJSIP, driven from the loop. pjsua2 is used here and nowhere else.

Its rules, which shape this room: one endpoint a process; only the thread that created the library calls it;
callbacks come while `library.Library` pumps it and must not raise; a call, a player, a recorder lives as long
as Python holds it, so each is held by exactly one object, which lets go of it at once when it has ended.
"""
