"""A payment gateway for demonstration: the other end of `backend.payments.native`, as a process of its own.

It speaks the whole protocol, keeps its own books and never moves money, which its page says.
"""
