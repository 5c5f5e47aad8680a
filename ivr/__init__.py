"""The phone line: dialogue, prompts, speech, SIP."""
