"""The phone line: dialogue, prompts, what is said."""
