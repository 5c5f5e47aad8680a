"""What clerks write: the content as YAML, read, checked, and turned into the contract's messages."""
