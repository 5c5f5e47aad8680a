"""The reference backend: services, storage, search, content."""
