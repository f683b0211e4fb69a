"""Search: an index that is built when a word is first searched, and kept up to date while people search it."""
