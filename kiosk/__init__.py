"""The terminal: the resident's visit, its screens, and the technician's."""
