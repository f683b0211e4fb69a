"""Whether a token is to be believed: the issuer's keys, their cache, and the checks of a JWT."""
