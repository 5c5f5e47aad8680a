"""The message gateways that come with the backend."""
