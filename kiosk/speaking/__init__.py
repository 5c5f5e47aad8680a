"""The terminal for those who do not see the screen: spoken through a headset, worked with a keypad."""
