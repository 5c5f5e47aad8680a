"""One file a model: a protocol on a port behaves like a device class."""
