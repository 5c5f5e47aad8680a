"""The six services of the contract: each checks what comes in, asks content and storage, and answers."""
