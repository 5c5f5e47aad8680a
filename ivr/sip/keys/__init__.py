"""Keys of the caller's phone, by whichever way they come: as events, in signalling, in the sound."""
