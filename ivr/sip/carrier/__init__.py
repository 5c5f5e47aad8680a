"""The carrier's side of the line: who may call and how often, what is encrypted, where the line registers."""
