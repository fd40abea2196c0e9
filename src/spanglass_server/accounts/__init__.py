"""Who people are: passwords, sessions, sign-in by OpenID Connect, invitations, the first set-up."""
