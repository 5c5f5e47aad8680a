"""Whether a server speaks ``huimin.v1`` as the doors need it: tried from outside, demand by demand."""
