"""What clerks and technicians do at the command line: one group of commands a file."""
