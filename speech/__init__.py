"""Speaking: engines that turn text into sound, and how what is written is said. For both doors."""
