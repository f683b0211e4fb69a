"""A few people on one square: what they do at random, what each of them must see then, and a look at all views."""
