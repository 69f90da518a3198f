"""Who may use the studio of a shared machine: users, roles, sessions.

Without accounts there is one user, named ``""``, who may do everything; that is the page of one
person on a machine of their own. :class:`studio.accounts.book.Accounts` is the book of users;
the page asks it once a request, in ``ui/web/guard.py``.
"""
