"""A coverage-guided fuzzer of the decoders of the devices' languages, and what it has learnt."""
