"""What every driver has to keep to: the checks, and the commands of each class that they are tried with."""
