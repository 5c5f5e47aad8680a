"""What goes out to residents by SMS and e-mail: written down in the transaction of its cause, sent once."""
